import { parentPort, threadId, workerData } from "node:worker_threads";
import { type Kernel, Segment, type SegmentHandle } from "@akidb/kernel";
import { rowOf } from "./dataset.ts";
import { k } from "./engines/engine.ts";

export interface SegmentWorkerData {
  readonly kernel: Kernel;
  readonly handle: SegmentHandle;
  readonly vectors: Float32Array;
  readonly queries: Float32Array;
}

export type SegmentJob =
  | { readonly kind: "link"; readonly rows: number }
  | { readonly kind: "search"; readonly ef: number; readonly forMs: number }
  /** Adds rows and links them, as fast as it can. */
  | { readonly kind: "insert"; readonly forMs: number };

export interface SegmentWork {
  /** Rows linked or queries answered. */
  readonly done: number;
  readonly wallSeconds: number;
  /** Of this thread alone. */
  readonly cpuSeconds: number;
}

const { kernel, handle, vectors, queries } = workerData as SegmentWorkerData;
const segment = Segment.open(kernel, handle);
const { dimension, capacity } = segment.options;
const queryCount = queries.length / dimension;
/** Threads begin at different queries. */
let next = (threadId * 389) % queryCount;

function search(ef: number, forMs: number): number {
  let done = 0;
  for (const end = performance.now() + forMs; performance.now() < end; ) {
    for (let i = 0; i < 20; i++, done++) {
      segment.search(rowOf(queries, dimension, next), { k, ef });
      next = (next + 1) % queryCount;
    }
  }
  return done;
}

const rowsPerBatch = 50;

function insert(forMs: number): number {
  let done = 0;
  for (const end = performance.now() + forMs; performance.now() < end && segment.rowCount < capacity; ) {
    const from = segment.rowCount;
    const to = Math.min(capacity, from + rowsPerBatch);
    for (let row = from; row < to; row++) segment.add(rowOf(vectors, dimension, row));
    segment.publish();
    done += segment.link(to - from);
  }
  return done;
}

function doneOf(job: SegmentJob): number {
  switch (job.kind) {
    case "link":
      return segment.link(job.rows);
    case "search":
      return search(job.ef, job.forMs);
    case "insert":
      return insert(job.forMs);
  }
}

parentPort!.on("message", (job: SegmentJob) => {
  const wall = performance.now();
  const cpu = process.threadCpuUsage();
  const done = doneOf(job);
  const { user, system } = process.threadCpuUsage(cpu);
  const work: SegmentWork = {
    done,
    wallSeconds: (performance.now() - wall) / 1_000,
    cpuSeconds: (user + system) / 1e6,
  };
  parentPort!.postMessage(work);
});
parentPort!.postMessage("ready");
