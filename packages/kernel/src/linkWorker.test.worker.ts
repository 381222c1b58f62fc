/** A thread of the tests: links rows of a segment until it is told to stop, and says how many. */
import { parentPort, workerData } from "node:worker_threads";
import type { Kernel } from "./kernel.ts";
import { Segment, type SegmentHandle } from "./segment.ts";

const { kernel, handle } = workerData as { kernel: Kernel; handle: SegmentHandle };
const segment = Segment.open(kernel, handle);
let linked = 0;
let stopped = false;

function linkSome(): void {
  linked += segment.link(16);
  if (!stopped) {
    setImmediate(linkSome);
    return;
  }
  segment.close();
  parentPort?.postMessage(linked);
}

parentPort?.once("message", () => {
  stopped = true;
});
parentPort?.postMessage("ready");
linkSome();
