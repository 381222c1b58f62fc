import type { FoundDamage } from "@akidb/base";
import type { DamagedCollection } from "./collections/damagedCollection.ts";

/** The state of each part; `degraded`: a file was found damaged, and what is whole is served. */
export interface Readiness {
  readonly status: "loading" | "ready" | "degraded";
  readonly openCollections: number;
  readonly loadingCollections: number;
  /** Those that are not served. */
  readonly damagedCollections: readonly DamagedCollection[];
  readonly damages: readonly FoundDamage[];
}
