/**
 * A server under load from a client that is compiled, on the same machine: searches of 100,000 × 512 in their graph, at a recall
 * of 0.95 and more, over REST with JSON numbers and with base64, and over gRPC; beside them, in turns, handlers of `node:http`
 * and grpc-js that do nothing with the same bodies. Then writes, each acknowledged when it is durable and can be found.
 *
 *   npm run bench:load [-- --seconds 1.5 --rounds 2 --rows 100000 --threads 2 --skip-writes]
 *
 * The first run makes the collection (about a minute) and keeps it in bench/load/.build. The figures go to
 * bench/results/load.json, too.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { loadDataset, queriesOf } from "../engine/dataset.ts";
import { printFigures } from "./figures.ts";
import { buildFolder, compileGenerator } from "./generator.ts";
import { measureInProcess } from "./inProcess.ts";
import { prepareDirectory } from "./preparedDirectory.ts";
import { measureSearches } from "./searches.ts";
import { startAkiDb } from "./servers.ts";
import { measureWrites } from "./writes.ts";

const { values: flags } = parseArgs({
  options: {
    rows: { type: "string", default: "100000" },
    dimension: { type: "string", default: "512" },
    /** Of each round of each cell. */
    seconds: { type: "string", default: "1.5" },
    rounds: { type: "string", default: "2" },
    /** `server.threads`. */
    threads: { type: "string", default: "0" },
    "skip-writes": { type: "boolean", default: false },
  },
});
const { rows, dimension, seconds, rounds, threads } = flags;

compileGenerator();
const data = loadDataset({ source: dimension, rowsMax: Number(rows), mnistFolder: "" })!;
const queries = queriesOf(data);
const directory = await prepareDirectory(data);
const inProcess = await measureInProcess(directory, queries, Number(seconds) * Number(rounds));
const scratch = `${buildFolder}/requests`;
mkdirSync(scratch, { recursive: true });
const server = await startAkiDb(directory, ["--server-threads", threads]);
try {
  const { ef } = inProcess;
  const searches = await measureSearches({
    server,
    queries,
    ef,
    scratch,
    seconds: Number(seconds),
    rounds: Number(rounds),
  });
  const writes = flags["skip-writes"] ? [] : await measureWrites({ server, data, scratch });
  const machine = `${cpus()[0]?.model}, ${cpus().length} cores, Node ${process.version}`;
  const load = loadavg()[0]!;
  const figures = {
    machine,
    load,
    threads: Number(threads),
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
  await server.stop();
  rmSync(scratch, { recursive: true });
}
