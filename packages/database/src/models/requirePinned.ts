import { failedPrecondition } from "@akidb/base";
import type { CollectionRecord } from "@akidb/catalog";
import type { EmbeddingModel } from "@akidb/embedding";

/**
 * Distances between vectors of two models mean nothing, and no search would tell.
 *
 * @throws AkiDbError `failed_precondition` where the collection is pinned to another model
 */
export function requirePinned(
  { name, modelFingerprint }: CollectionRecord,
  model: Pick<EmbeddingModel, "name" | "fingerprint">,
): void {
  if (modelFingerprint === null || modelFingerprint === model.fingerprint) return;
  throw failedPrecondition(
    `collection "${name}" was embedded with another model of the name "${model.name}": it is pinned to the fingerprint ` +
      `${modelFingerprint}, and the server has ${model.fingerprint} now, whose vectors cannot be compared with the ` +
      `collection's; re-embed it (akidb collections reembed), configure the model of before, or give vectors`,
  );
}
