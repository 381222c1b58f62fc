import type { CircuitState, FoundDamage } from "@akidb/base";
import type { EmbeddingState } from "@akidb/embedding";
import type { DamagedCollection } from "./collections/damagedCollection.ts";
import type { ServedModelState } from "./models/servedModels.ts";

/** The state of each part; `degraded`: a file was found damaged, memory is full, texts cannot be embedded or the object store is away, and what can be is served. */
export interface Readiness {
  readonly status: "loading" | "ready" | "degraded";
  readonly openCollections: number;
  readonly loadingCollections: number;
  /** Those that are not served. */
  readonly damagedCollections: readonly DamagedCollection[];
  readonly damages: readonly FoundDamage[];
  /** Why writes are refused for want of memory; undefined while they are not. */
  readonly memoryRefusal: string | undefined;
  /**
   * That of the default model and of those that collections are pinned to, the worst of them; while one fails, its texts are refused,
   * and what brings vectors is served.
   */
  readonly embedding: EmbeddingState & { readonly models: readonly ServedModelState[] };
  readonly objectStore: ObjectStoreState;
}

/** While it is not closed, what goes to the store waits on this machine. */
export interface ObjectStoreState {
  readonly circuit: CircuitState;
  /** Undefined while it is closed. */
  readonly reason: string | undefined;
}
