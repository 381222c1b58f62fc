/** What every collection's graph is searched with, unless a query says otherwise. */
export interface HnswSearchOptions {
  /** Breadth of a walk through the graph. */
  readonly efSearch: number;
  /** Documents up to which a collection has no graph, and every search looks at all. */
  readonly threshold: number;
  /** Searches of each collection that are repeated exactly, to know the recall; 0 for none. */
  readonly recallChecksPerMinute: number;
}

/** Of collections that are created without their own. */
export interface HnswBuildOptions {
  readonly m: number;
  readonly efConstruction: number;
}

export const hnswDefaults: HnswSearchOptions & HnswBuildOptions = {
  m: 32,
  efConstruction: 200,
  efSearch: 128,
  threshold: 10_000,
  recallChecksPerMinute: 0,
};
