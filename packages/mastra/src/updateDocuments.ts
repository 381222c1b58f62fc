import {
  AkiDbError,
  type Collection,
  type Document,
  type DocumentInput,
  type ErrorCode,
  isAkiDbError,
  type JsonObject,
  mergePatch,
} from "@akidb/base";

export interface DocumentUpdate {
  readonly vector?: readonly number[];
  /** A JSON Merge Patch (RFC 7396). */
  readonly metadata?: JsonObject;
}

/** So many of the largest documents are within the limit of a batch of patches. */
const patchesMax = 25;

/**
 * Each document is changed whole or not at all; where one cannot be, others may be changed.
 *
 * @param mayBeGone whether one that is not there any more is passed over
 */
export async function updateDocuments(
  collection: Collection,
  { ids, mayBeGone }: { readonly ids: readonly string[]; readonly mayBeGone: boolean },
  { vector, metadata }: DocumentUpdate,
): Promise<void> {
  const isPassedOver = (code: ErrorCode): boolean => mayBeGone && code === "not_found";
  if (vector !== undefined) {
    for (const id of ids) {
      await replaceVector(collection, id, { vector, metadata }).catch((error: unknown) => {
        if (!isAkiDbError(error) || !isPassedOver(error.code)) throw error;
      });
    }
  } else if (metadata !== undefined) {
    for (let from = 0; from < ids.length; from += patchesMax) {
      const patches = ids.slice(from, from + patchesMax).map((id) => ({ id, metadata }));
      const { items } = await collection.patchMany(patches);
      const refused = items.find((item) => !item.ok && !isPassedOver(item.code));
      if (refused !== undefined && !refused.ok) {
        throw new AkiDbError(refused.code, refused.detail, { violations: refused.violations });
      }
    }
  }
}

interface Replacement {
  readonly vector: readonly number[];
  readonly metadata: JsonObject | undefined;
}

/** Of a document that others change at the same time. */
const attemptsMax = 10;

/** Read again where somebody else has changed it since. */
async function replaceVector(collection: Collection, id: string, replacement: Replacement): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const found = await collection.get(id, { include: ["metadata", "text"] });
    try {
      await collection.upsert([replaced(found, replacement)], { atomic: true });
      return;
    } catch (error) {
      if (attempt === attemptsMax || !isAkiDbError(error) || error.code !== "failed_precondition")
        throw error;
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
