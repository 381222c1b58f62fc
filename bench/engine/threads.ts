// One graph, one thread and two: rows linked and queries answered per second.
//
//   npm run threads -- --dimension 128 --rows 50000
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { type Kernel, Segment, type SegmentHandle } from "../../packages/kernel/dist/index.js";
import { embeddingLike, rowOf } from "./dataset.ts";
import { k } from "./engines.ts";
import { kernel, segmentOf } from "./segments.ts";

type Job = { readonly kind: "link" } | { readonly kind: "search"; readonly forMs: number };

interface WorkerInput {
  readonly kernel: Kernel;
  readonly handle: SegmentHandle;
  readonly queries: Float32Array;
}

/** @returns rows linked or queries answered */
function work(segment: Segment, queries: Float32Array, job: Job): number {
  if (job.kind === "link") return segment.link(segment.options.capacity);
  const { dimension } = segment.options;
  const count = queries.length / dimension;
  let done = 0;
  for (const end = performance.now() + job.forMs; performance.now() < end; ) {
    for (let i = 0; i < 50; i++) segment.search(rowOf(queries, dimension, done++ % count), { k, ef: 64 });
  }
  return done;
}

if (isMainThread) {
  const { values: args } = parseArgs({
    options: {
      dimension: { type: "string", default: "128" },
      rows: { type: "string", default: "50000" },
      rounds: { type: "string", default: "3" },
    },
  });
  const data = embeddingLike(Number(args.dimension), Number(args.rows), 1_000);
  const rates = new Map<string, number[]>();
  for (let round = 0; round < Number(args.rounds); round++) {
    for (const threads of [1, 2]) {
      const segment = segmentOf(data, "int8");
      const input: WorkerInput = { kernel, handle: segment.handle(), queries: data.queries };
      const workers = Array.from(
        { length: threads },
        () => new Worker(fileURLToPath(import.meta.url), { workerData: input }),
      );
      await Promise.all(workers.map((worker) => once(worker, "message")));
      for (const job of [{ kind: "link" }, { kind: "search", forMs: 1_000 }] satisfies Job[]) {
        const from = performance.now();
        const counts = workers.map(async (worker) => {
          worker.postMessage(job);
          return Number((await once(worker, "message"))[0]);
        });
        const done = (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
        const name = `${job.kind}, ${threads} thread${threads > 1 ? "s" : ""}`;
        rates.set(name, [...(rates.get(name) ?? []), (done / (performance.now() - from)) * 1_000]);
      }
      await Promise.all(workers.map((worker) => worker.terminate()));
    }
  }
  for (const [name, values] of [...rates].sort()) {
    const median = values.toSorted((a, b) => a - b)[values.length >> 1]!;
    console.log(`${name}: ${Math.round(median)} /s`);
  }
} else {
  const input = workerData as WorkerInput;
  const segment = Segment.open(input.kernel, input.handle);
  parentPort!.on("message", (job: Job) => parentPort!.postMessage(work(segment, input.queries, job)));
  parentPort!.postMessage("ready");
}
