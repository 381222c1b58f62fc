/**
 * Servers under load from a client that is compiled, on the same machine: searches of 100,000 × 512 in their graph, at a recall
 * of 0.95 and more, over REST with JSON numbers and with base64, and over gRPC; beside them, in turns, handlers of `node:http`
 * and grpc-js that do nothing with the same bodies, in as many threads. Then writes, each acknowledged when it is durable and
 * can be found.
 *
 *   npm run bench:load [-- --server-threads 0,1,2 --connections 1,8,64 --seconds 1.5 --rounds 2 --rows 100000 --skip-writes]
 *
 * The first run makes the collection (about a minute on two cores) and keeps it in bench/load/.build. The figures go to
 * bench/results/load.json, too. Where the workspace has been copied with its `node_modules` and `dist` to a machine without npm:
 * `node_modules/.bin/node bench/load/load.ts` and the same options.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { loadDataset, queriesOf } from "../engine/dataset.ts";
import { printFigures } from "./figures.ts";
import { buildFolder, compileGenerator } from "./generator.ts";
import { measureInProcess } from "./inProcess.ts";
import { copiesOf, prepareDirectory } from "./preparedDirectory.ts";
import { measureSearches, type ThreadedServer } from "./searches.ts";
import { startAkiDb } from "./servers.ts";
import { measureWrites } from "./writes.ts";

const { values: flags } = parseArgs({
  options: {
    rows: { type: "string", default: "100000" },
    dimension: { type: "string", default: "512" },
    /** Of each round of each cell. */
    seconds: { type: "string", default: "1.5" },
    rounds: { type: "string", default: "2" },
    /** `server.threads` of each of the servers, which are loaded in turns. */
    "server-threads": { type: "string", default: "0" },
    connections: { type: "string", default: "1,8,64" },
    "skip-writes": { type: "boolean", default: false },
  },
});
const { rows, dimension } = flags;
const seconds = Number(flags.seconds);
const rounds = Number(flags.rounds);
const hnswThreshold = 10_000;
const numbersOf = (list: string): readonly number[] => list.split(",").map(Number);

// What stays below it is never linked.
if (Number(rows) <= hnswThreshold) {
  console.error(
    `--rows must be more than hnsw.threshold (${hnswThreshold}): fewer vectors have no graph to search`,
  );
  process.exit(2);
}
compileGenerator();
const data = loadDataset({ source: dimension, rowsMax: Number(rows), mnistFolder: "" })!;
const queries = queriesOf(data);
const directory = await prepareDirectory(data);
const inProcess = await measureInProcess(directory, queries, seconds * rounds);
const scratch = `${buildFolder}/requests`;
rmSync(scratch, { recursive: true, force: true });
mkdirSync(scratch, { recursive: true });
const servers: ThreadedServer[] = [];
try {
  const threadCounts = numbersOf(flags["server-threads"]);
  const directories = copiesOf(directory, scratch, threadCounts.length);
  for (const [at, threads] of threadCounts.entries()) {
    const server = await startAkiDb(directories[at]!, ["--server-threads", String(threads)]);
    servers.push({ threads, server });
  }
  const { ef } = inProcess;
  const connectionCounts = numbersOf(flags.connections);
  const searches = await measureSearches({
    ...{ servers, queries, ef, connectionCounts },
    ...{ scratch, seconds, rounds },
  });
  const writes = flags["skip-writes"] ? [] : await measureWrites({ servers, data, scratch });
  const machine = `${cpus()[0]?.model}, ${cpus().length} cores, Node ${process.version}`;
  const figures = {
    machine,
    load: loadavg()[0]!,
    rows: Number(rows),
    dimension: Number(dimension),
    inProcess,
    ...searches,
    writes,
  };
  const results = fileURLToPath(new URL("../results/load.json", import.meta.url));
  writeFileSync(results, `${JSON.stringify(figures, null, 2)}\n`);
  printFigures(figures);
} finally {
  for (const { server } of servers) await server.stop();
  rmSync(scratch, { recursive: true });
}
