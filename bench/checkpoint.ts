import { mkdtempSync, rmSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { SeededRandom } from "@akidb/base";
import { loadSegmentCheckpoint, nodeDisk, writeSegmentCheckpoint } from "@akidb/engine";
import { loadKernel, readKernelFiles, Segment, type SegmentOptions } from "@akidb/kernel";
import { dropFromCache } from "./dropFromCache.ts";

const { values: flags } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    directory: { type: "string", default: tmpdir() },
    rounds: { type: "string", default: "5" },
    rows: { type: "string", default: "200000" },
    linked: { type: "string", default: "5000" },
    dimension: { type: "string", default: "512" },
  },
});
const rounds = Number(flags.rounds);
const rowCount = Number(flags.rows);
const blockBytes = 1024 * 1024;

const kernel = loadKernel(readKernelFiles());
const options: SegmentOptions = {
  dimension: Number(flags.dimension),
  metric: "cosine",
  quantization: "int8",
  capacity: rowCount,
  linksMax: 16,
  efConstruction: 50,
  seed: 1,
};

function makeSegment(): Segment {
  const random = new SeededRandom(1);
  const segment = Segment.create(kernel, options);
  const vector = new Float32Array(options.dimension);
  for (let row = 0; row < rowCount; row++) {
    for (let i = 0; i < vector.length; i++) vector[i] = random.nextFloat() - 0.5;
    segment.add(vector);
  }
  segment.publish();
  segment.link(Number(flags.linked));
  return segment;
}

async function mbPerSecond(bytes: number, work: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await work();
  return bytes / 1e3 / (performance.now() - startMs);
}

const directory = mkdtempSync(join(flags.directory, "akidb-bench-"));
const path = join(directory, "segment");
const rawPath = join(directory, "raw");
const block = Buffer.alloc(blockBytes, 7);

async function withFile(flag: "r" | "w", work: (file: FileHandle) => Promise<void>): Promise<void> {
  const file = await open(rawPath, flag);
  try {
    await work(file);
  } finally {
    await file.close();
  }
}

const eachBlock = async (bytes: number, work: (at: number, length: number) => unknown): Promise<void> => {
  for (let at = 0; at < bytes; at += blockBytes) await work(at, Math.min(blockBytes, bytes - at));
};

const rawWrite = (bytes: number) =>
  withFile("w", async (file) => {
    await eachBlock(bytes, (at, length) => file.write(block, 0, length, at));
    await file.datasync();
  });

const rawRead = (bytes: number) =>
  withFile("r", (file) => eachBlock(bytes, (at, length) => file.read(block, 0, length, at)));

async function firstTouch(bytes: number): Promise<void> {
  const pages = Math.ceil(bytes / 65_536);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const target = new Uint8Array(memory.buffer);
  await eachBlock(bytes, (at, length) => target.set(block.subarray(0, length), at));
}

const load = async () =>
  (await loadSegmentCheckpoint({ disk: nodeDisk, path, file: "segment", kernel, options })).close();

const segment = makeSegment();
const { fileBytes } = await writeSegmentCheckpoint({ disk: nodeDisk, path, segment });
await rawWrite(fileBytes);
const hasCold = dropFromCache([path]);

const workloads: readonly { readonly name: string; readonly run: () => Promise<number> }[] = [
  {
    name: "checkpoint written, synced",
    run: () => mbPerSecond(fileBytes, () => writeSegmentCheckpoint({ disk: nodeDisk, path, segment })),
  },
  { name: "bare write + fdatasync", run: () => mbPerSecond(fileBytes, () => rawWrite(fileBytes)) },
  { name: "checkpoint loaded from the page cache", run: () => mbPerSecond(fileBytes, load) },
  { name: "bare read from the page cache", run: () => mbPerSecond(fileBytes, () => rawRead(fileBytes)) },
  {
    name: "memory touched for the first time",
    run: () => mbPerSecond(fileBytes, () => firstTouch(fileBytes)),
  },
  ...(hasCold
    ? [
        {
          name: "checkpoint loaded from the device",
          run: () => {
            dropFromCache([path]);
            return mbPerSecond(fileBytes, load);
          },
        },
        {
          name: "bare read from the device",
          run: () => {
            dropFromCache([rawPath]);
            return mbPerSecond(fileBytes, () => rawRead(fileBytes));
          },
        },
      ]
    : []),
];

const rates = workloads.map(({ name }) => ({ name, all: [] as number[] }));
try {
  for (let round = 0; round < rounds; round++) {
    for (const [index, { run }] of workloads.entries()) rates[index]!.all.push(await run());
  }
} finally {
  rmSync(directory, { recursive: true });
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

const results = rates.map(({ name, all }) => ({ name, mbPerSecond: median(all) }));
const machine = `${cpus()[0]?.model ?? "unknown processor"}, ${cpus().length} cores, Node ${process.version}`;
if (flags.json) {
  console.log(JSON.stringify({ machine, fileBytes, rounds, results }, undefined, 2));
} else {
  const megabytes = Math.round(fileBytes / 1e6);
  console.log(`${machine}; a file of ${megabytes} MB, median of ${rounds} rounds\n`);
  console.log("| | MB/s |");
  console.log("|---|---:|");
  for (const { name, mbPerSecond } of results) {
    console.log(`| ${name} | ${Math.round(mbPerSecond).toLocaleString("en")} |`);
  }
}
