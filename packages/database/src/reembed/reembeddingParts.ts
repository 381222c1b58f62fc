import type { Clock, DatabaseId, TenantId } from "@akidb/base";
import type { Catalog, Generation } from "@akidb/catalog";
import type { EmbeddingModel, EmbedOptions } from "@akidb/embedding";
import type { CollectionDirectories } from "../adapters/collectionDirectories.ts";
import type { LiveCollections } from "../collections/liveCollections.ts";
import type { Log } from "../logEvent.ts";
import type { Snapshots } from "../snapshots/snapshots.ts";

/** What re-embedding works with. */
export interface ReembeddingsOptions {
  readonly catalog: Catalog;
  readonly collections: LiveCollections;
  readonly directories: CollectionDirectories;
  readonly snapshots: Snapshots;
  readonly tenantOf: (databaseId: DatabaseId) => TenantId;
  /** As {@link generationModel}. */
  readonly modelOf: (
    collection: string,
    generation: Generation,
    options: EmbedOptions,
  ) => Promise<EmbeddingModel>;
  readonly clock: Clock;
  readonly log: Log;
}

export interface ReembeddingParts extends ReembeddingsOptions {
  /** Of what is left behind now. */
  readonly keepUntil: () => string;
}
