import { AkiDbError, assert, type DocumentInput, invalidArgument } from "@akidb/base";
import type { OfflineDirectory } from "@akidb/database";
import type { SourceFiles } from "../adapters/sourceFiles.ts";
import type { PlannedCollection } from "../plan/migrationPlan.ts";
import { placeOf } from "../source/problems.ts";
import { type PlacedDocument, placedError, v1Documents } from "../source/v1Documents.ts";
import type { BeforeStep } from "./migrationStep.ts";

export interface CollectionLoad {
  readonly files: SourceFiles;
  readonly offline: OfflineDirectory;
  readonly beforeStep: BeforeStep;
  /** Told the bytes of this collection's files that are read, and how many documents are written. */
  readonly onProgress: (bytesRead: number, documentCount: number) => void;
}

/**
 * Makes the files of a collection, under their provisional name, with every document of 1.x. Rejects with an AkiDbError that
 * names file, line and field at the first document that is refused; the files are to be removed then.
 *
 * @returns how many documents there were
 */
export async function loadCollection(
  { source, record }: PlannedCollection,
  { files, offline, beforeStep, onProgress }: CollectionLoad,
): Promise<number> {
  const created = await offline.create(record);
  try {
    let count = 0;
    for await (const { documents, bytesRead } of v1Documents(files, source)) {
      const [{ place }] = documents as readonly [PlacedDocument];
      await beforeStep({ kind: "write_documents", collection: record.name, place });
      const items = await created.collection.upsert(documents.map(documentOf));
      for (const [index, item] of items.entries()) {
        if (!item.ok) throw placedError(documents[index]!.place, item);
        if (item.version > 1) throw repeatedDocument(documents[index]!.place);
      }
      count += documents.length;
      onProgress(bytesRead, count);
    }
    assert(created.collection.stats().documentCount === count, "every document that was read is there");
    await created.close();
    return count;
  } catch (error) {
    // The first error tells more.
    await created.abandon().catch(() => {});
    throw error;
  }
}

function documentOf({ place, document }: PlacedDocument): DocumentInput {
  if (!(document instanceof AkiDbError)) return document;
  const { code, message: detail, violations } = document;
  throw placedError(place, { code, detail, violations });
}

export const repeatedDocument = (place: string): AkiDbError =>
  invalidArgument(placeOf(place, "id"), "is that of an earlier document of the collection, too");
