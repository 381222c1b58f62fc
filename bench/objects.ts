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

/** On a machine with other work the second figure says more than the first. */
interface Rate {
  readonly perSecond: number;
  /** In a second of this process's own processor time, over all of its threads. */
  readonly perCpuSecond: number;
}

interface Figures {
  readonly oneByOne: Rate;
  readonly parallel: Rate;
  readonly packed: Rate;
  readonly uploadMb: Rate;
  readonly downloadMb: Rate;
}

async function rate(units: number, work: () => Promise<unknown>): Promise<Rate> {
  const startMs = performance.now();
  const startCpu = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(startCpu);
  return {
    perSecond: units / ((performance.now() - startMs) / 1_000),
    perCpuSecond: units / ((user + system) / 1e6),
  };
}

async function measure(store: ObjectStore, round: number): Promise<Figures> {
  const small = systemRandom.fill(new Uint8Array(smallBytes));
  const large = systemRandom.fill(new Uint8Array(largeBytes));
  const ids = new UuidV7Generator(systemClock, systemRandom);
  const indexes = Array.from({ length: smallCount }, (_, i) => i);
  const few = indexes.slice(0, smallCount / 10);
  const oneByOne = await rate(few.length, async () => {
    for (const i of few) await store.put(`single/${round}/${i}`, small);
  });
  const uploads = new ParallelUploads({ store, waitingMax: smallCount });
  const parallel = await rate(smallCount, () =>
    Promise.all(indexes.map((i) => uploads.put(`parallel/${round}/${i}`, small))),
  );
  const packing = new PackedUploads({ sink: uploads, prefix: `packs/${round}/`, ids, waitMaxMs: 10 });
  const packed = await rate(smallCount, () => Promise.all(indexes.map((i) => packing.put(String(i), small))));
  const uploadMb = await rate(largeBytes / 1e6, () => store.put("large", large));
  const downloadMb = await rate(largeBytes / 1e6, () => readAll(store, "large"));
  return { oneByOne, parallel, packed, uploadMb, downloadMb };
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
  const of = (name: keyof Figures): Rate => {
    const rates = rounds.slice(1).map((figures) => figures[name]);
    return {
      perSecond: median(rates.map(({ perSecond }) => perSecond)),
      perCpuSecond: median(rates.map(({ perCpuSecond }) => perCpuSecond)),
    };
  };
  return {
    oneByOne: of("oneByOne"),
    parallel: of("parallel"),
    packed: of("packed"),
    uploadMb: of("uploadMb"),
    downloadMb: of("downloadMb"),
  };
}

async function measureFolder(): Promise<Figures> {
  const directory = mkdtempSync(join(flags.directory, "akidb-bench-"));
  const store = openLocalObjectStore({ directory, random: systemRandom });
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
    ["objects of 2 KiB, one by one, objects/s", "oneByOne"],
    ["the same, 10 in parallel", "parallel"],
    ["the same, in packs of 100", "packed"],
    ["256 MiB up, MB/s", "uploadMb"],
    ["256 MiB down, verified, MB/s", "downloadMb"],
  ];
  const whole = (value: number) => Math.round(value).toLocaleString("en");
  console.log(`${machine}; S3 with ${delayMs} ms more a request; median of ${flags.rounds} rounds\n`);
  console.log("| what | folder | for each CPU second | S3 | for each CPU second |");
  console.log("|---|---:|---:|---:|---:|");
  for (const [what, name] of rows) {
    const rates = [results.folder[name], results.s3[name]];
    const cells = rates.flatMap(({ perSecond, perCpuSecond }) => [whole(perSecond), whole(perCpuSecond)]);
    console.log(`| ${[what, ...cells].join(" | ")} |`);
  }
}

await (flags["serve-s3"] ? serveS3() : benchmark());
