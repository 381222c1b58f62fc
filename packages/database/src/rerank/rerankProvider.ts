import type { Deadline } from "@akidb/base";

export interface RerankCall {
  readonly deadline: Deadline;
  /** Of the trace that the query is a part of. */
  readonly traceparent?: string | undefined;
}

/** A model that reads a query and texts together, and says how well each text answers. */
export interface RerankProvider {
  /** By which requests call it: none says where it is. */
  readonly name: string;
  /**
   * @returns a finite score for each text, in their order; higher is better
   * @throws AkiDbError `unavailable`; what the deadline throws
   */
  rerank(query: string, texts: readonly string[], options: RerankCall): Promise<Float64Array>;
}
