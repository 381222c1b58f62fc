import { AkiDbError, limits } from "@akidb/base";
import { checkDocument } from "@akidb/engine";
import type { SourceFiles } from "../adapters/sourceFiles.ts";
import type { PlannedCollection } from "../plan/migrationPlan.ts";
import type { Problems } from "../source/problems.ts";
import { type PlacedDocument, placedError, v1Documents } from "../source/v1Documents.ts";
import { repeatedDocument } from "./loadCollection.ts";

export interface DocumentsCheck {
  readonly files: SourceFiles;
  readonly problems: Problems;
  readonly onProgress: (bytesRead: number, documentCount: number) => void;
}

/** Whoever has so many does not read more of them. */
const problemsMax = 100;

/**
 * Reads every document of a collection as a migration would, and writes none. Its identifiers are in memory meanwhile.
 *
 * @returns how many there are; what is wrong is noted
 */
export async function checkDocuments(
  { source, record }: PlannedCollection,
  { files, problems, onProgress }: DocumentsCheck,
): Promise<number> {
  const rules = { ...record, metadataBytesMax: limits.metadataBytesMax };
  const names = new Set<string>();
  let count = 0;

  function check({ place, document }: PlacedDocument): void {
    const checked = document instanceof AkiDbError ? document : checkDocument(document, rules);
    if (checked instanceof AkiDbError) {
      const { code, message: detail, violations } = checked;
      problems.addError("", placedError(place, { code, detail, violations }));
      return;
    }
    const name = checked.id ?? `external ${checked.externalId}`;
    if (names.has(name)) problems.addError("", repeatedDocument(place));
    names.add(name);
    if (names.size > record.maxDocumentCount) {
      const detail = `the collection holds its most documents, ${record.maxDocumentCount}`;
      problems.addError("", placedError(place, { code: "quota_exceeded", detail, violations: [] }));
    }
  }

  try {
    for await (const { documents, bytesRead } of v1Documents(files, source)) {
      for (const placed of documents) check(placed);
      count += documents.length;
      onProgress(bytesRead, count);
      if (problems.count >= problemsMax) break;
    }
  } catch (error) {
    problems.addError("", error);
  }
  return count;
}
