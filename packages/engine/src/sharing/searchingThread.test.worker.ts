/** A thread of the tests: searches a shared collection until it is told to stop, and counts answers that were never true. */
import { parentPort, workerData } from "node:worker_threads";
import { noDeadline, systemClock } from "@akidb/base";
import { loadKernel, readKernelFiles } from "@akidb/kernel";
import type { CollectionShare } from "./collectionShare.ts";
import { SharedCollection } from "./sharedCollection.ts";

export interface SearchingThreadData {
  /** What is acknowledged: the generation of every document. */
  readonly generation: Int32Array<SharedArrayBuffer>;
}

const { generation } = workerData as SearchingThreadData;
const kernel = loadKernel(readKernelFiles());
let shared: SharedCollection | undefined;
let answered = 0;
let wrong = 0;
let isStopped = false;

async function search(): Promise<void> {
  while (!isStopped) {
    for (let count = 0; count < 20; count++) {
      const acknowledged = Atomics.load(generation, 0);
      const vector = Float32Array.from({ length: 8 }, (_, at) => Math.sin(count + at));
      const query = { vector, topK: 20, include: ["metadata"] } as const;
      const answer = await shared?.query(query, noDeadline());
      if (answer === undefined) continue;
      answered += 1;
      const seen = new Set(answer.matches.map(({ metadata }) => metadata?.["generation"] as number));
      // All documents are replaced at once: an answer is of one moment, and of none from before what was acknowledged.
      if (seen.size !== 1 || Math.min(...seen) < acknowledged) wrong += 1;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  parentPort?.postMessage({ answered, wrong });
}

parentPort?.on("message", (message: CollectionShare | "stop") => {
  if (message === "stop") {
    isStopped = true;
    parentPort?.removeAllListeners("message");
    return;
  }
  shared?.[Symbol.dispose]();
  shared = new SharedCollection({
    share: message,
    kernel,
    clock: systemClock,
    guestNumber: 2,
    cacheBytesMax: 1_000_000,
  });
});
parentPort?.postMessage("ready");
await search();
shared?.[Symbol.dispose]();
