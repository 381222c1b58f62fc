/**
 * What indexes of metadata cost and give: `--rows` documents with ten fields each. Memory of each field beside the heap that
 * it takes, time to parse and evaluate filters, time and pauses of keeping the indexes in a checkpoint beside making them of
 * the documents, and how much slower documents are written with them than without, in alternating rounds. Medians.
 * `npm run bench:payload -- --rows 100000`; `--directory DIR` chooses the disk.
 */
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import {
  type CollectionId,
  type JsonObject,
  SeededRandom,
  systemClock,
  systemRandom,
  UuidV7Generator,
} from "@akidb/base";
import {
  Builders,
  Collection,
  createCollectionFiles,
  nodeDisk,
  PayloadIndex,
  parseFilter,
  readPayloadFile,
  writePayloadFile,
} from "@akidb/engine";

const { values: flags } = parseArgs({
  options: {
    rows: { type: "string", default: "100000" },
    rounds: { type: "string", default: "3" },
    directory: { type: "string", default: tmpdir() },
  },
});
const rowCount = Number(flags.rows);
const rounds = Number(flags.rounds);
const batch = 1_000;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const fields: Readonly<Record<string, (random: SeededRandom, row: number) => JsonObject[string]>> = {
  sku: (_, row) => `sku-${row.toString(36).padStart(8, "0")}`,
  author: (random) => `Author Number ${random.nextInt(20_000)}`,
  category: (random) => `category ${Math.floor(20 * random.nextFloat() ** 2)}`,
  tags: (random) => [0, 1, 2].map(() => `tag-${Math.floor(1_000 * random.nextFloat() ** 3)}`),
  year: (random) => 1950 + random.nextInt(75),
  price: (random) => random.nextInt(100_000) / 100,
  published: (random) => new Date(Date.UTC(2020, 0, 1) + random.nextInt(2e9) * 80).toISOString(),
  in_stock: (random) => random.nextInt(3) > 0,
  note: (random) => (random.nextInt(10) === 0 ? "a note that few have" : null),
  place: (random) => ({
    lat: random.nextInt(1_800_000) / 1e4 - 90,
    lon: random.nextInt(3_600_000) / 1e4 - 180,
  }),
};

function documentsOf(names: readonly string[]): readonly string[] {
  const random = new SeededRandom(1);
  return Array.from({ length: rowCount }, (_, row) =>
    JSON.stringify(Object.fromEntries(names.map((name) => [name, fields[name]!(random, row)]))),
  );
}

const indexOptions = { fieldsMax: 256, distinctMax: 100_000 };

function indexOf(documents: readonly string[]): PayloadIndex {
  const index = new PayloadIndex(indexOptions);
  for (const [row, document] of documents.entries()) index.add(row, JSON.parse(document) as JsonObject);
  return index;
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

async function timeMs(work: () => unknown): Promise<number> {
  const startMs = performance.now();
  await work();
  return performance.now() - startMs;
}

/** Of this thread's processor time, which other work on the machine does not lengthen. */
async function cpuMs(work: () => unknown): Promise<number> {
  const start = process.threadCpuUsage();
  await work();
  const { user, system } = process.threadCpuUsage(start);
  return (user + system) / 1e3;
}

/** The processor time of the longest turn of the event loop while the work goes on: what others wait for. */
async function longestTurnMs(work: () => Promise<unknown>): Promise<number> {
  let longest = 0;
  let isDone = false;
  let last = process.threadCpuUsage();
  const tick = (): void => {
    const { user, system } = process.threadCpuUsage(last);
    last = process.threadCpuUsage();
    longest = Math.max(longest, (user + system) / 1e3);
    if (!isDone) setImmediate(tick);
  };
  collectGarbage();
  last = process.threadCpuUsage();
  setImmediate(tick);
  await work();
  isDone = true;
  return longest;
}

const heapBytes = (): number => {
  collectGarbage();
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};

const number = (value: number, digits = 0): string =>
  value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });

function printTable(header: readonly string[], rows: readonly (readonly string[])[]): void {
  console.log(`\n| ${header.join(" | ")} |`);
  console.log(
    `|---|${header
      .slice(1)
      .map(() => "---:|")
      .join("")}`,
  );
  for (const row of rows) console.log(`| ${row.join(" | ")} |`);
}

/** Kept, so that the heap is measured with it. */
let measured: PayloadIndex | undefined;

function printMemory(): void {
  const names = Object.keys(fields);
  const rows: string[][] = [];
  for (const chosen of [...names.map((name) => [name]), names]) {
    const documents = documentsOf(chosen);
    measured = undefined;
    const before = heapBytes();
    measured = indexOf(documents);
    const heap = heapBytes() - before;
    const counted = measured.memoryBytes;
    rows.push([
      chosen.length === 1 ? chosen[0]! : "all",
      number(counted / rowCount, 1),
      number(heap / rowCount, 1),
      number(counted / heap, 2),
    ]);
  }
  printTable(["field", "bytes a document, counted", "of the heap", "ratio"], rows);
}

const filters: readonly JsonObject[] = [
  { category: "category 3" },
  { sku: "sku-00000abc" },
  { sku: { $prefix: "sku-00000a" } },
  { tags: { $in: ["tag-1", "tag-2", "tag-3"] } },
  { year: { $gte: 1990, $lt: 2000 } },
  { published: { $gte: "2021-06-01", $lt: "2021-07-01" } },
  { author: { $contains: "17" } },
  { place: { $geo_radius: { center: { lat: 48, lon: 11 }, radius_m: 500_000 } } },
  { note: null, in_stock: true },
  { $or: [{ category: "category 0" }, { price: { $lt: 10 } }], $not: { year: { $gte: 2000 } } },
];

async function printFilters(index: PayloadIndex): Promise<void> {
  const rows: string[][] = [];
  for (const filter of filters) {
    const parse: number[] = [];
    const find: number[] = [];
    let matches = 0;
    for (let n = 0; n < 51; n++) {
      parse.push(await timeMs(() => parseFilter(filter)));
      const parsed = parseFilter(filter);
      find.push(await timeMs(() => index.find(parsed, rowCount)));
      if (n === 0) matches = countOf(index.find(parsed, rowCount).lower);
    }
    rows.push([
      `\`${JSON.stringify(filter)}\``,
      number(matches),
      number(1e3 * median(parse), 1),
      number(1e3 * median(find)),
    ]);
  }
  printTable(["filter", "matches", "parse, µs", "evaluate, µs"], rows);
}

function countOf(words: Uint32Array): number {
  let count = 0;
  for (let word of words) for (; word !== 0; word &= word - 1) count += 1;
  return count;
}

async function printKeeping(documents: readonly string[], root: string): Promise<void> {
  const directory = join(root, "file");
  await nodeDisk.makeDirectory(directory);
  const made: number[] = [];
  const taken: number[] = [];
  const written: number[] = [];
  const paused: number[] = [];
  const loaded: number[] = [];
  const loadPaused: number[] = [];
  const stored = { kind: "flat", disk: nodeDisk, directory, name: "bench" } as const;
  for (let round = 0; round < rounds; round++) {
    let index = new PayloadIndex(indexOptions);
    made.push(
      await cpuMs(() => {
        index = indexOf(documents);
      }),
    );
    const { signal } = new AbortController();
    let image = index.image(rowCount);
    for (let n = 0; n < 20; n++) {
      image[Symbol.dispose]();
      taken.push(
        await timeMs(() => {
          image = index.image(rowCount);
        }),
      );
    }
    written.push(
      await cpuMs(async () => {
        paused.push(
          await longestTurnMs(() => writePayloadFile({ disk: nodeDisk, directory, image, signal })),
        );
      }),
    );
    image[Symbol.dispose]();
    const read = { ...stored, files: new Map(), sealedFiles: new WeakMap() };
    loaded.push(
      await cpuMs(async () => {
        loadPaused.push(await longestTurnMs(() => readPayloadFile(read, rowCount, indexOptions)));
      }),
    );
  }
  const fileBytes = readdirSync(directory).reduce(
    (sum, name) => sum + statSync(join(directory, name)).size,
    0,
  );
  printTable(
    ["keeping the indexes, CPU of the thread", "ms"],
    [
      ["made of metadata as JSON in memory", number(median(made))],
      ["image taken, in one turn of the event loop", number(median(taken), 2)],
      ["the longest of these, with whatever else the machine did", number(Math.max(...taken), 1)],
      [`${number(fileBytes / 1e6)} MB written, synced`, number(median(written))],
      ["longest turn of the event loop meanwhile", number(median(paused), 1)],
      ["loaded", number(median(loaded))],
      ["longest turn of the event loop meanwhile", number(median(loadPaused), 1)],
    ],
  );
}

/** @returns µs a document of the writing thread */
async function ingestCost(
  root: string,
  indexedFieldsMax: number,
  documents: readonly string[],
): Promise<number> {
  const directory = mkdtempSync(join(root, "collection-"));
  const builders = new Builders({ threadCount: 1 });
  const options = {
    disk: nodeDisk,
    directory,
    collectionId: "01890000-0000-7000-8000-000000000001" as CollectionId,
    clock: systemClock,
    ids: new UuidV7Generator(systemClock, systemRandom),
    dimension: 384,
    metric: "cosine" as const,
    maxDocumentCount: 50_000_000,
    metadataBytesMax: 65_536,
    indexedFieldsMax,
    recallChecksPerMinute: 0,
    graph: {
      builders,
      quantization: "int8" as const,
      linksMax: 16,
      efConstruction: 100,
      efSearch: 64,
      // Writing is measured, not linking.
      threshold: 1_000_000_000,
    },
    wal: { sync: "never" as const, syncIntervalMs: 100, segmentBytesMax: 64 * 1024 * 1024 },
    checkpointPolicy: { closeLogBytesMin: Number.POSITIVE_INFINITY, logBytesMin: Number.POSITIVE_INFINITY },
  };
  const random = new SeededRandom(2);
  const vector = Float32Array.from({ length: 384 }, () => random.nextGaussian());
  const metadata = documents.map((document) => JSON.parse(document) as JsonObject);
  await createCollectionFiles(options);
  const collection = await Collection.open(options);
  const ms = await cpuMs(async () => {
    for (let from = 0; from < rowCount; from += batch) {
      await collection.upsert(metadata.slice(from, from + batch).map((each) => ({ vector, metadata: each })));
    }
  });
  await collection.close();
  await builders.close();
  rmSync(directory, { recursive: true });
  return (1e3 * ms) / rowCount;
}

async function printIngest(documents: readonly string[], root: string): Promise<void> {
  const costs: { readonly with: number[]; readonly without: number[] } = { with: [], without: [] };
  for (let round = 0; round < rounds; round++) {
    costs.without.push(await ingestCost(root, 0, documents));
    costs.with.push(await ingestCost(root, 256, documents));
  }
  const [withIndexes, without] = [median(costs.with), median(costs.without)];
  printTable(
    ["writing, batches of 1,000, 384 dimensions, not synced", "CPU of the thread, µs a document"],
    [
      ["without indexes", number(without, 1)],
      ["with", number(withIndexes, 1)],
      ["of it for the indexes", number(withIndexes - without, 1)],
    ],
  );
}

const root = mkdtempSync(join(flags.directory, "akidb-bench-"));
try {
  const machine = `${cpus()[0]?.model ?? "unknown processor"}, ${cpus().length} cores, Node ${process.version}`;
  console.log(`${machine}; ${number(rowCount)} documents with ten fields, median of ${rounds} rounds`);
  printMemory();
  const documents = documentsOf(Object.keys(fields));
  await printFilters(indexOf(documents));
  await printKeeping(documents, root);
  await printIngest(documents, root);
} finally {
  rmSync(root, { recursive: true });
}
