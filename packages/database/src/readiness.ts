import type { FoundDamage } from "@akidb/base";
import type { DamagedCollection } from "./collections/damagedCollection.ts";

/** The state of each part; `degraded`: a file was found damaged, or memory is full, and what can be is served. */
export interface Readiness {
  readonly status: "loading" | "ready" | "degraded";
  readonly openCollections: number;
  readonly loadingCollections: number;
  /** Those that are not served. */
  readonly damagedCollections: readonly DamagedCollection[];
  readonly damages: readonly FoundDamage[];
  /** Why writes are refused for want of memory; undefined while they are not. */
  readonly memoryRefusal: string | undefined;
}
