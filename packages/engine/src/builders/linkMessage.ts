import type { Kernel, SegmentHandle } from "@akidb/kernel";

/** What a builder starts with. */
export interface LinkWorkerData {
  readonly kernel: Kernel;
}

/** To a builder: what it should do next. */
export type BuilderRequest =
  | {
      readonly kind: "link";
      readonly segmentId: number;
      /** With the first request for the segment. */
      readonly handle: SegmentHandle | undefined;
      readonly rowsMax: number;
    }
  | { readonly kind: "forget"; readonly segmentId: number };

/** From a builder, one for each `link`. */
export interface BuilderReply {
  readonly segmentId: number;
  readonly linkedCount: number;
}
