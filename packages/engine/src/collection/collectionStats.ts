import type { RecallEstimate } from "@akidb/base";
import type { PayloadStats } from "../payload/payloadIndex.ts";

export interface CollectionStats {
  readonly documentCount: number;
  /** Documents that searches reach through the graph. */
  readonly indexedCount: number;
  /** Vectors in memory: those of replaced and deleted documents, too, until compaction drops them. */
  readonly rowCount: number;
  readonly memoryBytes: number;
  readonly diskBytes: number;
  /** Undefined while the collection is not open. */
  readonly payload: PayloadStats | undefined;
  /** Undefined while nothing has been checked. */
  readonly recall: RecallEstimate | undefined;
  /** Why nothing can be written at the moment; undefined where writes are welcome. */
  readonly readOnlyReason: string | undefined;
}

/** In bytes, but for the count. */
export interface CollectionUse {
  /** Vectors that no graph has yet, though there is one: searches look at each. */
  readonly unindexedCount: number;
  readonly memory: { readonly indexes: number; readonly documents: number };
  readonly disk: { readonly wal: number; readonly documents: number; readonly checkpoints: number };
}
