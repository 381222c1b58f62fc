import type { CollectionRecord } from "@akidb/catalog";
import type { EmbeddingModel } from "@akidb/embedding";
import type { OperationContext } from "../operation.ts";
import { requirePinned } from "./requirePinned.ts";

/**
 * Before a document of it is embedded for the first time: of a collection that was made when fingerprints were not kept. The row
 * comes before the documents, so that none is embedded by a model that nobody knows afterwards.
 *
 * Rejects with `failed_precondition` where another model has been first meanwhile.
 */
export async function pinModel(
  { catalog, collections, models, databaseId }: OperationContext,
  record: CollectionRecord,
  model: EmbeddingModel,
): Promise<void> {
  await models.register(model);
  await collections.restores.inTurn(record, async () => {
    const current = collections.find(databaseId, record.id);
    if (current.modelFingerprint === null) {
      const { fingerprint: modelFingerprint } = model;
      await collections.update(await catalog.collections.update(record.id, { modelFingerprint }));
    } else {
      requirePinned(current, model);
    }
  });
}
