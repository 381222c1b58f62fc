/**
 * A million vectors of 128 dimensions in one collection's index: the time until all are searchable, until all are in the
 * graph, memory, recall and queries per second on one thread. `npm run bench:million -- --rows 1000000`.
 */
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { noDeadline } from "@akidb/base";
import { Builders, GraphIndex } from "@akidb/engine";
import { rowOf } from "./engine/dataset.ts";
import { embeddingLike } from "./engine/embeddingLike.ts";

const { values: flags } = parseArgs({
  options: {
    rows: { type: "string", default: "1000000" },
    dimension: { type: "string", default: "128" },
    builders: { type: "string", default: String(cpus().length) },
  },
});
const rows = Number(flags.rows);
const dimension = Number(flags.dimension);
const queryCount = 1_000;
const exactCount = 100;
const k = 10;

const { vectors, queries, metric } = embeddingLike(dimension, rows, queryCount);
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

console.log(
  `${rows} × ${dimension}, ${metric}, M 16, ef_construction 200, ${flags.builders} builders; ` +
    `${cpus()[0]?.model}, ${cpus().length} cores, Node ${process.version}`,
);
const startMs = performance.now();
const secondsSince = (ms: number) => (performance.now() - ms) / 1_000;
const batch = 1_000;
for (let row = 0; row < rows; row += batch) {
  const end = Math.min(rows, row + batch);
  index.reserve(end - row);
  for (let next = row; next < end; next++) index.add(rowOf(vectors, dimension, next));
  index.publish();
  await new Promise((resolve) => setImmediate(resolve));
}
console.log(`searchable after ${secondsSince(startMs).toFixed(1)} s`);
while (index.linkedCount < rows) await new Promise((resolve) => setTimeout(resolve, 200));
const buildSeconds = secondsSince(startMs);
console.log(`in the graph after ${buildSeconds.toFixed(1)} s: ${Math.round(rows / buildSeconds)} vectors/s`);
console.log(
  `memory: ${(index.memoryBytes / rows).toFixed(0)} bytes a vector (its floats are ${4 * dimension}), ` +
    `${(process.memoryUsage().rss / 2 ** 30).toFixed(2)} GiB resident with the ${(vectors.byteLength / 2 ** 30).toFixed(2)} GiB of input`,
);

const worst: number[] = [];
const exactMs = performance.now();
for (let query = 0; query < exactCount; query++) {
  const { scores } = await index.search(rowOf(queries, dimension, query), { k, exact: true }, noDeadline());
  worst.push(scores[k - 1]!);
}
console.log(`exact: ${(exactCount / secondsSince(exactMs)).toFixed(0)} queries/s\n`);
console.log("| ef | recall@10 | queries/s, one thread |\n|---:|---:|---:|");
for (const ef of [20, 40, 64, 100, 200, 400]) {
  let found = 0;
  const searchMs = performance.now();
  for (let query = 0; query < queryCount; query++) {
    const { scores } = await index.search(rowOf(queries, dimension, query), { k, ef }, noDeadline());
    if (query < exactCount) found += scores.filter((score) => score >= worst[query]! - 1e-9).length;
  }
  const rate = queryCount / secondsSince(searchMs);
  console.log(
    `| ${ef} | ${(found / (exactCount * k)).toFixed(4)} | ${Math.round(rate).toLocaleString("en")} |`,
  );
}
await index.close();
await builders.close();
