import { type CollectionId, failedPrecondition } from "@akidb/base";
import { eachItem } from "../tenancy/eachItem.ts";
import { type CatalogFile, withCatalogReader } from "./catalogFile.ts";

/**
 * The names of the collections, of all tenants, that embed with a model of this name, are being re-embedded with it, or may go back to
 * it, whether a server has the catalog open or not.
 *
 * Rejects as {@link withCatalogReader} does, and with `failed_precondition` where rows are damaged: they may be some of them.
 */
export const collectionsOfModel = (file: CatalogFile, model: string): Promise<readonly string[]> =>
  withCatalogReader(file, async ({ collections, reembeddings, damagedRows }) => {
    if (damagedRows.some(({ table }) => table === "collections" || table === "reembeddings")) {
      throw failedPrecondition(
        "rows of the catalog are damaged, so that it is not known what embeds with the model",
      );
    }
    const embedding = new Set<CollectionId>();
    for (const { collectionId, state, to, from, keepUntil } of await reembeddings.all()) {
      const isUnderWay = state === "copying" || state === "paused";
      if (isUnderWay && to.embeddingModel === model) embedding.add(collectionId);
      if (keepUntil !== null && from.embeddingModel === model) embedding.add(collectionId);
    }
    const names: string[] = [];
    for await (const { id, name, embeddingModel } of eachItem((page) => collections.list("all", page))) {
      if (embeddingModel === model || embedding.has(id)) names.push(name);
    }
    return names;
  });
