import type { DamagedCollection } from "./collections/liveCollections.ts";

/** The state of each part; `degraded`: a collection is damaged, and the others are served. */
export interface Readiness {
  readonly status: "loading" | "ready" | "degraded";
  readonly openCollections: number;
  readonly loadingCollections: number;
  readonly damagedCollections: readonly DamagedCollection[];
}
