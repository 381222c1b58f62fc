import { failedPrecondition } from "@akidb/base";
import { eachItem } from "../tenancy/eachItem.ts";
import { type CatalogFile, withCatalogReader } from "./catalogFile.ts";

/**
 * The names of the collections, of all tenants, that embed with a model of this name, whether a server has the catalog open or not.
 *
 * Rejects as {@link withCatalogReader} does, and with `failed_precondition` where rows are damaged: they may be some of them.
 */
export const collectionsOfModel = (file: CatalogFile, model: string): Promise<readonly string[]> =>
  withCatalogReader(file, async ({ collections, damagedRows }) => {
    if (damagedRows.some(({ table }) => table === "collections")) {
      throw failedPrecondition(
        "rows of the catalog are damaged, so that it is not known what embeds with the model",
      );
    }
    const names: string[] = [];
    for await (const record of eachItem((page) => collections.list("all", page))) {
      if (record.embeddingModel === model) names.push(record.name);
    }
    return names;
  });
