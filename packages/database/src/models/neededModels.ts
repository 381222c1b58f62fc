import type { CollectionRecord } from "@akidb/catalog";

/** Says of a model's name whether there are collections whose texts it embeds. */
export function neededModels(records: Iterable<CollectionRecord>): (name: string) => boolean {
  const names = new Set<string | null>();
  for (const { embeddingModel } of records) names.add(embeddingModel);
  return (name) => names.has(name);
}
