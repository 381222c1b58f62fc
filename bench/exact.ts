/**
 * Exact searches of a large index while the same thread serves: how long one takes, and for how long it keeps the event
 * loop from everything else, done by builders and, with `--builders 0`, in slices on the serving thread.
 * `npm run bench:exact -- --rows 200000 --dimension 128`.
 */
import { cpus, loadavg } from "node:os";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { noDeadline } from "@akidb/base";
import { Builders, GraphIndex } from "@akidb/engine";
import { rowOf } from "./engine/dataset.ts";
import { embeddingLike } from "./engine/embeddingLike.ts";

const { values: flags } = parseArgs({
  options: {
    rows: { type: "string", default: "200000" },
    dimension: { type: "string", default: "128" },
    builders: { type: "string", default: String(Math.max(1, cpus().length - 1)) },
    searches: { type: "string", default: "100" },
    /** Rows are linked meanwhile. */
    linking: { type: "boolean", default: false },
  },
});
const rows = Number(flags.rows);
const dimension = Number(flags.dimension);
const searches = Number(flags.searches);

const { vectors, queries, metric } = embeddingLike(dimension, rows, searches);
const builders = new Builders({ threadCount: Number(flags.builders) });
const index = new GraphIndex({
  dimension,
  metric,
  builders,
  quantization: "int8",
  linksMax: 16,
  efConstruction: 200,
  efSearch: 64,
});
// The graph has no part in it, but building it takes builders' time.
await index.pauseLinking();
index.reserve(rows);
for (let row = 0; row < rows; row++) index.add(rowOf(vectors, dimension, row));
index.publish();

const search = (query: number) =>
  index.search(rowOf(queries, dimension, query % searches), { k: 10, exact: true }, noDeadline());
for (let n = 0; n < 5; n++) await search(n);
if (flags.linking) index.resumeLinking();
const delay = monitorEventLoopDelay({ resolution: 1 });
const cpuStart = process.threadCpuUsage();
const latenciesMs: number[] = [];
delay.enable();
for (let n = 0; n < searches; n++) {
  const startMs = performance.now();
  await search(n);
  latenciesMs.push(performance.now() - startMs);
}
delay.disable();
const cpu = process.threadCpuUsage(cpuStart);
latenciesMs.sort((a, b) => a - b);

const ms = (value: number): string => value.toFixed(2);
const at = (share: number): number => latenciesMs[Math.floor(share * searches)]!;
console.log(
  `${rows} × ${dimension}, ${metric}, ${flags.builders} builders${flags.linking ? ", linking" : ""}; ${cpus()[0]?.model}, ${cpus().length} cores, ` +
    `Node ${process.version}, load average ${loadavg()[0]!.toFixed(1)}`,
);
console.log(`search: ${ms(at(0.5))} ms P50, ${ms(at(0.95))} ms P95`);
console.log(
  `event loop delay beyond its timer: ${ms(delay.percentile(50) / 1e6 - 1)} ms P50, ` +
    `${ms(delay.percentile(99) / 1e6 - 1)} ms P99, ${ms(delay.max / 1e6 - 1)} ms at most`,
);
console.log(
  `serving thread: ${ms((cpu.user + cpu.system) / 1_000 / searches)} ms of CPU time a search; ${index.linkedCount} rows linked`,
);
await index.close();
await builders.close();
