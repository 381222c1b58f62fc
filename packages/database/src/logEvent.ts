/** What an operator should know, as it happens; whoever opens the database decides where it goes. */
export type LogEvent =
  | {
      readonly kind: "collection_opened";
      readonly collection: string;
      readonly documentCount: number;
      readonly elapsedMs: number;
    }
  | {
      /** Bytes of writes that a crash cut off before they were acknowledged. */
      readonly kind: "torn_tail_dropped";
      readonly collection: string;
      readonly bytes: number;
    }
  | {
      readonly kind: "collection_damaged";
      readonly collection: string;
      readonly reason: string;
      readonly cause: unknown;
    }
  | {
      /** Files of a collection that the catalog does not know; they are left alone. */
      readonly kind: "orphan_found";
      readonly directory: string;
    }
  | { readonly kind: "cleanup_failed"; readonly directory: string; readonly cause: unknown };

export type Log = (event: LogEvent) => void;
