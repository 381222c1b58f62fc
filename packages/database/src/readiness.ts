import type { FoundDamage } from "@akidb/base";
import type { EmbeddingState } from "@akidb/embedding";
import type { DamagedCollection } from "./collections/damagedCollection.ts";

/** The state of each part; `degraded`: a file was found damaged, memory is full or texts cannot be embedded, and what can be is served. */
export interface Readiness {
  readonly status: "loading" | "ready" | "degraded";
  readonly openCollections: number;
  readonly loadingCollections: number;
  /** Those that are not served. */
  readonly damagedCollections: readonly DamagedCollection[];
  readonly damages: readonly FoundDamage[];
  /** Why writes are refused for want of memory; undefined while they are not. */
  readonly memoryRefusal: string | undefined;
  /** While it fails, texts are refused, and what brings vectors is served. */
  readonly embedding: EmbeddingState;
}
