/**
 * Filtered searches of MNIST with its digits, a random number and a random place as metadata: recall@10 and queries per
 * second, one after the other, by how many rows pass and how they lie to the query, with searches without a filter beside
 * them, for AkiDB and its peers on the same data in the same run.
 * `npm run bench:filters -- --data ../shared/data/mnist [--rows 60000] [--queries 100] [--cell-seconds 2] [--engines akidb,zvec]`.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Cell, type Conditions, cells, conditionsOf, correlations, passes } from "./cells.ts";
import { makeAkiDb } from "./engines/akidb.ts";
import { type Engine, k, type MakeEngine } from "./engines/engine.ts";
import { makeLanceDb } from "./engines/lanceDb.ts";
import { makeSqliteVec } from "./engines/sqliteVec.ts";
import { makeZvec } from "./engines/zvec.ts";
import { type MnistRows, readMnistRows } from "./mnistRows.ts";

const makers: { readonly [name: string]: MakeEngine } = {
  akidb: makeAkiDb,
  zvec: makeZvec,
  lancedb: makeLanceDb,
  "sqlite-vec": makeSqliteVec,
};
const { values: flags } = parseArgs({
  options: {
    data: { type: "string", default: "../shared/data/mnist" },
    rows: { type: "string", default: "60000" },
    queries: { type: "string", default: "100" },
    "cell-seconds": { type: "string", default: "2" },
    engines: { type: "string", default: Object.keys(makers).join() },
  },
});
if (!existsSync(join(flags.data, "train.u8.gz"))) {
  console.error(`bench:filters: there is no ${join(flags.data, "train.u8.gz")}; name the folder with --data`);
  process.exit(1);
}
const cellMs = 1_000 * Number(flags["cell-seconds"]);

interface Measured {
  readonly recall: number;
  readonly perSecond: number;
}

const rows = readMnistRows(flags.data, Number(flags.rows), Number(flags.queries));
const { queries, queryLabels, fields } = rows;
console.log(
  `${cpus()[0]?.model}, ${cpus().length} cores, Node ${process.version}, ` +
    `load ${loadavg().map((load) => load.toFixed(1))}; ${rows.vectors.length} rows, ${queries.length} queries`,
);
const orders = queries.map((query) => nearestFirst(rows, query));
const conditions = (cell: Cell | undefined, query: number): Conditions | undefined =>
  cell && conditionsOf(cell, queryLabels[query]!);
const results: { engine: string; loadSeconds: number; unfiltered: Measured; cells: (Cell & Measured)[] }[] =
  [];
for (const name of flags.engines.split(",")) {
  const directory = mkdtempSync(join(tmpdir(), `akidb-filters-${name}-`));
  const engine = await makers[name]!(directory);
  try {
    const startMs = performance.now();
    await engine.load(rows);
    const loadSeconds = (performance.now() - startMs) / 1_000;
    const unfiltered = await measure(engine, undefined);
    const measured: (Cell & Measured)[] = [];
    for (const cell of cells) measured.push({ ...cell, ...(await measure(engine, cell)) });
    results.push({ engine: engine.name, loadSeconds, unfiltered, cells: measured });
    console.log(`${engine.name}: loaded in ${loadSeconds.toFixed(1)} s`);
  } finally {
    await engine.close();
    rmSync(directory, { recursive: true, force: true });
  }
}
print();
const file = fileURLToPath(new URL("../results/filters.json", import.meta.url));
mkdirSync(dirname(file), { recursive: true });
writeFileSync(file, `${JSON.stringify(results, undefined, 1)}\n`);
console.log(`\nwritten to ${file}`);

/** Every query once or, where there is time, several times; as many as there is time for, and ten at least. */
async function measure(engine: Engine, cell: Cell | undefined): Promise<Measured> {
  await engine.search(queries[0]!, conditions(cell, 0));
  let found = 0;
  let wanted = 0;
  let searches = 0;
  let elapsedMs = 0;
  while (searches < 10 || elapsedMs < cellMs) {
    const query = searches % queries.length;
    const filter = conditions(cell, query);
    const startMs = performance.now();
    const answer = await engine.search(queries[query]!, filter);
    elapsedMs += performance.now() - startMs;
    if (searches < queries.length) {
      const { hits, count } = judge(query, filter, answer);
      found += hits;
      wanted += count;
    }
    searches += 1;
  }
  return { recall: wanted === 0 ? 1 : found / wanted, perSecond: (1_000 * searches) / elapsedMs };
}

/** By distance and not by row, so that equally near ones count. */
function judge(query: number, filter: Conditions | undefined, answer: readonly number[]) {
  const { order, distances } = orders[query]!;
  let count = 0;
  let furthest = -1;
  for (let rank = 0; rank < order.length && count < k; rank++) {
    if (filter !== undefined && !passes(fields[order[rank]!]!, filter)) continue;
    furthest = distances[order[rank]!]!;
    count += 1;
  }
  const isHit = (row: number): boolean =>
    distances[row]! <= furthest && (filter === undefined || passes(fields[row]!, filter));
  return { hits: new Set(answer.filter(isHit)).size, count };
}

function nearestFirst({ vectors }: MnistRows, query: Float32Array) {
  const distances = Float64Array.from(vectors, (vector) => {
    let sum = 0;
    for (let i = 0; i < query.length; i++) sum += (query[i]! - vector[i]!) ** 2;
    return sum;
  });
  const order = Uint32Array.from(distances.keys()).sort((a, b) => distances[a]! - distances[b]!);
  return { order, distances };
}

function print(): void {
  const cellText = ({ recall, perSecond }: Measured): string =>
    `${recall.toFixed(3)} at ${perSecond >= 100 ? Math.round(perSecond) : perSecond.toFixed(1)}/s`;
  console.log(`\n| passes | ${results.map(({ engine }) => engine).join(" | ")} |`);
  console.log(`|---|${results.map(() => "--:").join("|")}|`);
  console.log(`| no filter | ${results.map(({ unfiltered }) => cellText(unfiltered)).join(" | ")} |`);
  for (const correlation of correlations) {
    for (const cell of cells.filter((each) => each.correlation === correlation)) {
      const index = cells.indexOf(cell);
      const texts = results.map(({ cells: measured }) => cellText(measured[index]!));
      console.log(
        `| ${correlation}, ${(100 * cell.share).toLocaleString("en-US")} % | ${texts.join(" | ")} |`,
      );
    }
  }
}
