import type { ExactQuery, Kernel, SearchResult, SegmentHandle } from "@akidb/kernel";

/** What a builder starts with. */
export interface BuilderData {
  readonly kernel: Kernel;
}

interface SegmentRequest {
  readonly segmentId: number;
  /** With the first request for the segment. */
  readonly handle: SegmentHandle | undefined;
}

export interface LinkRequest extends SegmentRequest {
  readonly kind: "link";
  readonly rowsMax: number;
}

export interface ScanRequest extends SegmentRequest {
  readonly kind: "scan";
  readonly vector: Float32Array;
  /** Its candidates are a copy that is handed over. */
  readonly query: ExactQuery;
  /** Its only element is 1 from the moment on that nobody waits for the result. */
  readonly stopFlag: Int32Array<SharedArrayBuffer>;
}

/** To a builder: what it should do next. */
export type BuilderRequest =
  | LinkRequest
  | ScanRequest
  | { readonly kind: "forget"; readonly segmentId: number };

/** From a builder, one for each `link` and each `scan`. */
export type BuilderReply =
  | { readonly kind: "linked"; readonly linkedCount: number }
  | {
      readonly kind: "scanned";
      /** Undefined where it was stopped. */
      readonly result: SearchResult | undefined;
    };
