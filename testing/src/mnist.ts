/**
 * 60,000 real vectors through REST: imports the MNIST digits (784 dimensions, L2) in batches into a server of its own,
 * then asks for the neighbours of queries, exactly and, once it is built, through the graph, and compares with the true
 * ones by distance, so that ties do not count.
 * `npm run mnist -- --data ../shared/data/mnist --queries 100 --batch 1000 --format base64|json`.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";
import { connect } from "@akidb/client";
import { startServerProcess } from "./serverProcess.ts";

const dimension = 784;
const neighbours = 100;

const { values: flags } = parseArgs({
  options: {
    data: { type: "string", default: "../shared/data/mnist" },
    queries: { type: "string", default: "100" },
    batch: { type: "string", default: "1000" },
    format: { type: "string", default: "base64" },
  },
});
if (!existsSync(join(flags.data, "train.u8.gz"))) {
  console.error(`mnist: there is no ${join(flags.data, "train.u8.gz")}; name the folder with --data`);
  process.exit(1);
}
const read = (name: string) => gunzipSync(readFileSync(join(flags.data, name)));
const train = read("train.u8.gz");
const labels = read("train_labels.u8.gz");
const queries = read("queries.u8.gz");
const exactDistances = new Int32Array(new Uint8Array(read("sqdist_top100.i32.gz")).buffer);

const count = train.length / dimension;
const batch = Number(flags.batch);
const queryCount = Number(flags.queries);
const vectorAt = (bytes: Buffer, row: number) =>
  Float32Array.from(bytes.subarray(row * dimension, (row + 1) * dimension));

const directory = mkdtempSync(join(tmpdir(), "akidb-mnist-"));
const server = await startServerProcess(directory);
try {
  const database = connect({ url: server.url });
  await database.createCollection({ name: "mnist", dimension, metric: "l2" });
  const collection = database.collection("mnist");

  const startMs = performance.now();
  const importFrom = async (lane: number, lanes: number): Promise<void> => {
    for (let first = lane * batch; first < count; first += lanes * batch) {
      const rows = Array.from({ length: Math.min(batch, count - first) }, (_, n) => first + n);
      const documents = rows.map((row) => {
        const vector = vectorAt(train, row);
        return {
          externalId: String(row),
          vector: flags.format === "json" ? Array.from(vector) : vector,
          metadata: { label: labels[row]! },
        };
      });
      const { upsertedCount } = await collection.upsert(documents);
      if (upsertedCount !== rows.length) throw new Error(`${upsertedCount} of ${rows.length} were taken`);
    }
  };
  await Promise.all([importFrom(0, 2), importFrom(1, 2)]);
  const importSeconds = (performance.now() - startMs) / 1_000;
  console.log(
    `${cpus()[0]?.model}, ${cpus().length} cores, Node ${process.version}\n` +
      `import: ${count} × ${dimension} as ${flags.format}, batches of ${batch}: ` +
      `${Math.round(count / importSeconds)} acknowledged vectors/s`,
  );

  const ask = async (topK: number, exact: boolean): Promise<number> => {
    let found = 0;
    const times: number[] = [];
    for (let query = 0; query < queryCount; query++) {
      const vector = vectorAt(queries, query);
      const askedMs = performance.now();
      const { matches } = await collection.query({ vector, topK, exact, include: [] });
      times.push(performance.now() - askedMs);
      const worst = Math.sqrt(exactDistances[query * neighbours + topK - 1]!);
      found += matches.filter(({ distance }) => distance <= worst * (1 + 1e-9)).length;
    }
    const recall = found / (queryCount * topK);
    const median = times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)]!;
    const how = exact ? "exact" : "graph";
    console.log(
      `${how}: recall@${topK} of ${queryCount} queries ${recall.toFixed(4)}, median ${median.toFixed(1)} ms`,
    );
    return recall;
  };
  // While the graph is built behind the writes, everything is found already.
  const exactRecall = await ask(10, true);
  while ((await database.getCollection("mnist")).indexedCount < count) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const indexSeconds = (performance.now() - startMs) / 1_000;
  console.log(`graph: ${Math.round(count / indexSeconds)} vectors/s from the first request to the last link`);
  const graphRecalls = [await ask(10, false), await ask(100, false)];
  if (exactRecall < 1 || Math.min(...graphRecalls) < 0.95) process.exitCode = 1;
} finally {
  await server.stop();
  rmSync(directory, { recursive: true });
}
