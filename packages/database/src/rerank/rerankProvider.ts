import type { Deadline } from "@akidb/base";

/** A model that reads a query and texts together, and says how well each text answers. */
export interface RerankProvider {
  /** By which requests call it: none says where it is. */
  readonly name: string;
  /**
   * @returns a finite score for each text, in their order; higher is better
   * @throws AkiDbError `unavailable`; what the deadline throws
   */
  rerank(query: string, texts: readonly string[], deadline: Deadline): Promise<Float64Array>;
}
