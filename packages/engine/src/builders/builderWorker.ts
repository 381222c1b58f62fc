/** A builder: links and scans rows of the segments it is told about, a few at a time, and sleeps in between. */
import { parentPort, workerData } from "node:worker_threads";
import { type SearchResult, Segment, type SegmentHandle } from "@akidb/kernel";
import type { BuilderData, BuilderReply, BuilderRequest, ScanRequest } from "./builderMessage.ts";

/** Multiply-adds between two looks at the flag of a scan: less than a millisecond. */
const stepComponents = 2 ** 19;

const { kernel } = workerData as BuilderData;
const segments = new Map<number, Segment>();

function handle(request: BuilderRequest): BuilderReply | undefined {
  switch (request.kind) {
    case "link":
      return { kind: "linked", linkedCount: opened(request).link(request.rowsMax) };
    case "scan":
      return { kind: "scanned", result: scan(request) };
    case "forget":
      segments.get(request.segmentId)?.close();
      segments.delete(request.segmentId);
      return undefined;
  }
}

function opened(request: {
  readonly segmentId: number;
  readonly handle: SegmentHandle | undefined;
}): Segment {
  if (request.handle !== undefined) segments.set(request.segmentId, Segment.open(kernel, request.handle));
  return segments.get(request.segmentId)!;
}

function scan(request: ScanRequest): SearchResult | undefined {
  const segment = opened(request);
  const scanning = segment.beginExact(request.vector, request.query);
  const rowsPerStep = Math.ceil(stepComponents / segment.options.dimension);
  do {
    if (Atomics.load(request.stopFlag, 0) !== 0) return undefined;
  } while (!scanning.advance(rowsPerStep));
  return scanning.result();
}

parentPort?.on("message", (request: BuilderRequest) => {
  const reply = handle(request);
  if (reply !== undefined) parentPort?.postMessage(reply);
});
