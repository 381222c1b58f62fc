import type { AkiDb } from "./akiDb.ts";
import { assert } from "./assert.ts";
import { batchesOf } from "./batchesOf.ts";
import type { Collection } from "./collection.ts";
import type { CreateCollectionInput } from "./collectionInfo.ts";
import type { DocumentInput } from "./document.ts";
import { documentCharacters } from "./documentCharacters.ts";
import { type AkiDbError, type FieldViolation, invalidArguments, isAkiDbError } from "./errors.ts";
import type { JsonObject } from "./json.ts";

/** Where documents go, and what is made for them where there is no collection of that name. */
export interface UpsertTarget {
  readonly db: AkiDb;
  readonly collection: CreateCollectionInput;
}

/** {@link upsertInBatches} into a collection that is made first where there is none. */
export async function upsertInto<Metadata extends JsonObject>(
  { db, collection: input }: UpsertTarget,
  documents: readonly DocumentInput<Metadata>[],
): Promise<readonly string[]> {
  const collection = db.collection<Metadata>(input.name);
  try {
    return await upsertInBatches(collection, documents);
  } catch (error) {
    if (!hasCode(error, "not_found")) throw error;
  }
  try {
    await db.createCollection(input);
  } catch (error) {
    // Another caller was first.
    if (!hasCode(error, "already_exists")) throw error;
  }
  return upsertInBatches(collection, documents);
}

/**
 * Upserts any number of documents, batch by batch in their order. Each batch is written whole or not at all; where one is
 * refused, those before it stay written.
 *
 * @returns the id of each document
 */
export async function upsertInBatches<Metadata extends JsonObject>(
  collection: Collection<Metadata>,
  documents: readonly DocumentInput<Metadata>[],
): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const { from, batch } of batchesOf(documents, documentCharacters)) {
    const { items } = await collection.upsert(batch, { atomic: true }).catch((error: unknown) => {
      throw isAkiDbError(error) ? shifted(error, from) : error;
    });
    assert(items.length === batch.length, "a batch is answered document by document");
    for (const item of items) {
      assert(item.ok, "an atomic batch is written whole");
      ids.push(item.id);
    }
  }
  return ids;
}

/** What is wrong with a batch, as the caller counts the documents. */
function shifted(error: AkiDbError, by: number): AkiDbError {
  if (error.code !== "invalid_argument" || error.violations.length === 0 || by === 0) return error;
  const move = ({ path, detail }: FieldViolation): FieldViolation => ({
    path: path.replace(/^documents\[(\d+)\]/, (_, index: string) => `documents[${Number(index) + by}]`),
    detail,
  });
  return invalidArguments(error.violations.map(move));
}

const hasCode = (error: unknown, code: AkiDbError["code"]): boolean =>
  isAkiDbError(error) && error.code === code;
