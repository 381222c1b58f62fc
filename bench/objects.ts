/**
 * How fast objects go to a store and come back: small ones one by one, in parallel and in packs, and large ones both
 * ways, in a folder and in S3 over a socket. The S3 server is the project's own, in a process of its own, with objects
 * in memory, so what is measured is the client's side and the loopback, without a network's latency; `--delay MS` adds
 * one to every request. `--json` prints the figures for machines, `--directory DIR` chooses the folder's disk.
 */
import { fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { systemClock, systemRandom, UuidV7Generator } from "@akidb/base";
import {
  type ObjectStore,
  openLocalObjectStore,
  openS3ObjectStore,
  PackedUploads,
  ParallelUploads,
} from "@akidb/objects";
import { startS3Server } from "@akidb/objects/s3-server";

const { values: flags } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    directory: { type: "string", default: tmpdir() },
    rounds: { type: "string", default: "3" },
    delay: { type: "string", default: "0" },
    "serve-s3": { type: "boolean", default: false },
  },
});

/** What the child process tells the benchmark. */
interface S3Address {
  readonly endpoint: string;
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

async function serveS3(): Promise<void> {
  const { endpoint, bucketName: bucket, credentials, faults } = await startS3Server();
  const delayMs = Number(flags.delay);
  if (delayMs > 0) {
    for (const operation of ["PutObject", "GetObject", "UploadPart"] as const) {
      faults.add({ operation, failing: { kind: "delay", delayMs }, times: Number.POSITIVE_INFINITY });
    }
  }
  const address: S3Address = { endpoint, bucket, ...credentials };
  process.send?.(address);
  process.on("disconnect", () => process.exit());
}

const smallBytes = 2_048;
const smallCount = 2_000;
const largeBytes = 256 * 1024 * 1024;

interface Figures {
  readonly oneByOnePerSecond: number;
  readonly parallelPerSecond: number;
  readonly packedPerSecond: number;
  readonly uploadMbPerSecond: number;
  readonly downloadMbPerSecond: number;
}

/** @returns units in a second */
async function rate(units: number, work: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await work();
  return units / ((performance.now() - startMs) / 1_000);
}

async function measure(store: ObjectStore, round: number): Promise<Figures> {
  const small = systemRandom.fill(new Uint8Array(smallBytes));
  const large = systemRandom.fill(new Uint8Array(largeBytes));
  const ids = new UuidV7Generator(systemClock, systemRandom);
  const indexes = Array.from({ length: smallCount }, (_, i) => i);
  const few = indexes.slice(0, smallCount / 10);
  const oneByOnePerSecond = await rate(few.length, async () => {
    for (const i of few) await store.put(`single/${round}/${i}`, small);
  });
  const parallel = new ParallelUploads({ store, waitingMax: smallCount });
  const parallelPerSecond = await rate(smallCount, () =>
    Promise.all(indexes.map((i) => parallel.put(`parallel/${round}/${i}`, small))),
  );
  const packed = new PackedUploads({ sink: parallel, prefix: `packs/${round}/`, ids, waitMaxMs: 10 });
  const packedPerSecond = await rate(smallCount, () =>
    Promise.all(indexes.map((i) => packed.put(String(i), small))),
  );
  const uploadMbPerSecond = await rate(largeBytes / 1e6, () => store.put("large", large));
  const downloadMbPerSecond = await rate(largeBytes / 1e6, () => readAll(store, "large"));
  return { oneByOnePerSecond, parallelPerSecond, packedPerSecond, uploadMbPerSecond, downloadMbPerSecond };
}

async function readAll(store: ObjectStore, key: string): Promise<void> {
  await using reading = await store.get(key);
  for await (const _ of reading.body);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

async function medians(store: ObjectStore): Promise<Figures> {
  const rounds: Figures[] = [];
  // The first round loads and warms up, and does not count.
  for (let round = 0; round <= Number(flags.rounds); round++) rounds.push(await measure(store, round));
  const of = (name: keyof Figures) => median(rounds.slice(1).map((figures) => figures[name]));
  return {
    oneByOnePerSecond: of("oneByOnePerSecond"),
    parallelPerSecond: of("parallelPerSecond"),
    packedPerSecond: of("packedPerSecond"),
    uploadMbPerSecond: of("uploadMbPerSecond"),
    downloadMbPerSecond: of("downloadMbPerSecond"),
  };
}

async function measureFolder(): Promise<Figures> {
  const directory = mkdtempSync(join(flags.directory, "akidb-bench-"));
  const store = openLocalObjectStore({ directory, clock: systemClock, random: systemRandom });
  try {
    return await medians(store);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function measureS3(): Promise<Figures> {
  const server = fork(import.meta.filename, ["--serve-s3", "--delay", flags.delay]);
  const address = await new Promise<S3Address>((resolve, reject) => {
    server.once("message", (message) => resolve(message as S3Address)).once("error", reject);
  });
  const store = await openS3ObjectStore({ ...address, forcePathStyle: true, random: systemRandom });
  try {
    return await medians(store);
  } finally {
    await store.close();
    server.disconnect();
  }
}

async function benchmark(): Promise<void> {
  const results = { folder: await measureFolder(), s3: await measureS3() };
  const machine = `${cpus()[0]?.model ?? "unknown processor"}, ${cpus().length} cores, Node ${process.version}`;
  const delayMs = Number(flags.delay);
  if (flags.json) {
    console.log(JSON.stringify({ machine, smallBytes, largeBytes, delayMs, results }, undefined, 2));
    return;
  }
  const rows: readonly (readonly [what: string, name: keyof Figures])[] = [
    ["objects of 2 KiB, one by one, objects/s", "oneByOnePerSecond"],
    ["the same, 10 in parallel", "parallelPerSecond"],
    ["the same, in packs of 100", "packedPerSecond"],
    ["256 MiB up, MB/s", "uploadMbPerSecond"],
    ["256 MiB down, verified, MB/s", "downloadMbPerSecond"],
  ];
  const whole = (value: number) => Math.round(value).toLocaleString("en");
  console.log(`${machine}; S3 with ${delayMs} ms more a request; median of ${flags.rounds} rounds\n`);
  console.log("| what | folder | S3 |");
  console.log("|---|---:|---:|");
  for (const [what, name] of rows) {
    console.log(`| ${what} | ${whole(results.folder[name])} | ${whole(results.s3[name])} |`);
  }
}

await (flags["serve-s3"] ? serveS3() : benchmark());
