/** A thread of the tests: takes snapshots of a read view until it is told to stop, and counts impossible ones. */
import { parentPort, workerData } from "node:worker_threads";
import { FlatReadView, type ReadViewHandle } from "./flatReadView.ts";

const view = new FlatReadView(workerData as ReadViewHandle);
let snapshots = 0;
let wrong = 0;
let stopped = false;

function takeSnapshots(): void {
  for (let i = 0; i < 100; i++) {
    const { rowCount, tombstones } = view.snapshot();
    const dead = tombstones?.reduce((sum, word) => sum + popcount(word), 0) ?? 0;
    if (rowCount - dead !== 1) wrong += 1;
    snapshots += 1;
  }
  if (stopped) parentPort?.postMessage({ snapshots, wrong });
  else setImmediate(takeSnapshots);
}

function popcount(word: number): number {
  let count = 0;
  for (let rest = word; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}

parentPort?.once("message", () => {
  stopped = true;
});
parentPort?.postMessage("ready");
takeSnapshots();
