import {
  type Collection,
  type Document,
  type DocumentInput,
  isAkiDbError,
  type JsonObject,
  mergePatch,
} from "@akidb/base";

export interface DocumentUpdate {
  readonly vector?: readonly number[];
  /** A JSON Merge Patch (RFC 7396). */
  readonly metadata?: JsonObject;
}

/** How often a document is read again because somebody else has changed it since. */
const attemptsMax = 5;
/** So many of the largest documents are within the limit of a batch of patches. */
const patchesMax = 25;

/** Each document is changed whole or not at all; where one cannot be, those before it stay changed. */
export async function updateDocuments(
  collection: Collection,
  ids: readonly string[],
  { vector, metadata }: DocumentUpdate,
): Promise<void> {
  if (vector !== undefined) {
    for (const id of ids) await replaceVector(collection, id, { vector, metadata });
  } else if (metadata !== undefined) {
    for (let from = 0; from < ids.length; from += patchesMax) {
      const patches = ids.slice(from, from + patchesMax).map((id) => ({ id, metadata }));
      await collection.patchMany(patches, { atomic: true });
    }
  }
}

interface Replacement {
  readonly vector: readonly number[];
  readonly metadata: JsonObject | undefined;
}

async function replaceVector(collection: Collection, id: string, replacement: Replacement): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const found = await collection.get(id, { include: ["metadata", "text"] });
    try {
      await collection.upsert([replaced(found, replacement)], { atomic: true });
      return;
    } catch (error) {
      const isOutdated = isAkiDbError(error) && error.code === "failed_precondition";
      if (!isOutdated || attempt === attemptsMax) throw error;
    }
  }
}

/** Only if it is still the one that was read. */
function replaced(
  { id, externalId, text, metadata, expiresAt, version }: Document,
  { vector, metadata: patch }: Replacement,
): DocumentInput {
  const merged = patch === undefined ? metadata : mergePatch(metadata, patch);
  return {
    id,
    vector,
    ifVersion: version,
    ...(externalId !== undefined && { externalId }),
    ...(text !== undefined && { text }),
    ...(merged !== undefined && { metadata: merged }),
    ...(expiresAt !== undefined && { expiresAt }),
  };
}
