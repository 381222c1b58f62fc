import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { SegmentHandle } from "@akidb/kernel";
import type { Vectors } from "./dataset.ts";
import { kernel } from "./segments.ts";
import type { SegmentJob, SegmentWork, SegmentWorkerData } from "./segmentWorker.ts";

/** Threads that share one segment with this one. */
export interface SegmentThreads {
  /** Does a job on the first `count` threads at once. */
  readonly run: (count: number, job: SegmentJob) => Promise<readonly SegmentWork[]>;
  readonly close: () => Promise<void>;
}

export async function startSegmentThreads(
  handle: SegmentHandle,
  { vectors, queries }: Vectors,
  count: number,
): Promise<SegmentThreads> {
  const workerData: SegmentWorkerData = { kernel, handle, vectors: shared(vectors), queries };
  const workers = Array.from(
    { length: count },
    () => new Worker(new URL("segmentWorker.ts", import.meta.url), { workerData }),
  );
  await Promise.all(workers.map((worker) => once(worker, "message")));
  return {
    run: (wanted, job) =>
      Promise.all(
        workers.slice(0, wanted).map(async (worker) => {
          worker.postMessage(job);
          const [work] = (await once(worker, "message")) as [SegmentWork];
          return work;
        }),
      ),
    close: async () => {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}

/** Links what is not in the graph yet with as many threads. */
export async function linkAll(handle: SegmentHandle, threadCount: number): Promise<void> {
  const none = { vectors: new Float32Array(), queries: new Float32Array() };
  const threads = await startSegmentThreads(handle, none, threadCount);
  await threads.run(threadCount, { kind: "link", rows: handle.options.capacity });
  await threads.close();
}

/** Not copied on its way to a worker. */
function shared(floats: Float32Array): Float32Array {
  if (floats.buffer instanceof SharedArrayBuffer) return floats;
  const copy = new Float32Array(new SharedArrayBuffer(floats.byteLength));
  copy.set(floats);
  return copy;
}
