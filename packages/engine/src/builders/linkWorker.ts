/** A builder: links rows of the segments it is told about, a few at a time, and sleeps in between. */
import { parentPort, workerData } from "node:worker_threads";
import { Segment } from "@akidb/kernel";
import type { BuilderReply, BuilderRequest, LinkWorkerData } from "./linkMessage.ts";

const { kernel } = workerData as LinkWorkerData;
const segments = new Map<number, Segment>();

function handle(request: BuilderRequest): BuilderReply | undefined {
  switch (request.kind) {
    case "link": {
      const { segmentId, rowsMax } = request;
      if (request.handle !== undefined) segments.set(segmentId, Segment.open(kernel, request.handle));
      return { segmentId, linkedCount: segments.get(segmentId)!.link(rowsMax) };
    }
    case "forget":
      segments.get(request.segmentId)?.close();
      segments.delete(request.segmentId);
      return undefined;
  }
}

parentPort?.on("message", (request: BuilderRequest) => {
  const reply = handle(request);
  if (reply !== undefined) parentPort?.postMessage(reply);
});
