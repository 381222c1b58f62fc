/**
 * How fast objects go to a store and come back: small ones one by one, in parallel and in packs, and large ones both
 * ways, in a folder and in S3 over a socket, and beside it what the AWS SDK gives alone: with nothing around it and without
 * checksums ("bare"), and with those it makes where nothing is said. All take turns, and ratios are of one turn. The S3 server is
 * the project's own, in a process of its own, with objects in memory, so what is measured is the client's side and the loopback,
 * without a network's latency; `--delay MS` adds one to every request. `--json` prints the figures for machines,
 * `--directory DIR` chooses the folder's disk.
 */
import { fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
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
import { crc32 } from "@node-rs/crc32";
import { inLanes, openBareS3, type S3Address } from "./bareS3.ts";

const { values: flags } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    directory: { type: "string", default: tmpdir() },
    rounds: { type: "string", default: "5" },
    delay: { type: "string", default: "0" },
    "serve-s3": { type: "boolean", default: false },
  },
});
const roundCount = Number(flags.rounds);

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
/** As the product does it. */
const inFlight = { uploads: 10, partBytes: 8 * 1024 * 1024, parts: 8 };

/** One way to a store. */
interface Way {
  readonly name: "folder" | "S3" | "SDK, bare" | "SDK, with checksums";
  put(key: string, body: Uint8Array): Promise<unknown>;
  /** Ten at a time. */
  putAll(keys: readonly string[], body: Uint8Array): Promise<unknown>;
  /** Undefined where there are no packs. */
  readonly putPacked: ((names: readonly string[], body: Uint8Array) => Promise<unknown>) | undefined;
  putLarge(key: string, body: Uint8Array): Promise<unknown>;
  read(key: string): Promise<void>;
}

function wayOf(name: Way["name"], store: ObjectStore): Way {
  const uploads = new ParallelUploads({ store, waitingMax: smallCount });
  const ids = new UuidV7Generator(systemClock, systemRandom);
  const packing = new PackedUploads({ sink: uploads, prefix: "packs/", ids, waitMaxMs: 10 });
  return {
    name,
    put: (key, body) => store.put(key, body),
    putAll: (keys, body) => Promise.all(keys.map((key) => uploads.put(key, body))),
    putPacked: (names, body) => Promise.all(names.map((each) => packing.put(each, body))),
    putLarge: (key, body) => store.put(key, body),
    read: async (key) => {
      await using reading = await store.get(key);
      for await (const _ of reading.body);
    },
  };
}

function bareWay(name: Way["name"], address: S3Address, hasChecksums: boolean): Way {
  const { partBytes, parts: partsInFlight } = inFlight;
  const bare = openBareS3(address, { hasChecksums, partBytes, partsInFlight });
  return {
    name,
    put: bare.put,
    putAll: (keys, body) => inLanes(inFlight.uploads, keys, (key) => bare.put(key, body)),
    putPacked: undefined,
    putLarge: bare.putInParts,
    read: async (key) => {
      for await (const _ of await bare.get(key));
    },
  };
}

/** On a machine with other work the second figure says more than the first. */
interface Rate {
  readonly perSecond: number;
  /** In a second of this process's own processor time, over all of its threads. */
  readonly perCpuSecond: number;
}

const measures = {
  oneByOne: "objects of 2 KiB, one by one, objects/s",
  parallel: "the same, 10 in parallel",
  packed: "the same, in packs of 100",
  uploadMb: "256 MiB up, MB/s",
  downloadMb: "256 MiB down, MB/s",
} as const;

type Measure = keyof typeof measures;
type Figures = Readonly<Record<Measure, Rate | undefined>>;

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

const small = systemRandom.fill(new Uint8Array(smallBytes));
const large = systemRandom.fill(new Uint8Array(largeBytes));

async function measure(way: Way, round: number): Promise<Figures> {
  const { name, putPacked } = way;
  const keys = (kind: string, count: number) =>
    Array.from({ length: count }, (_, i) => `${kind}/${name.replaceAll(/\W/g, "")}/${round}/${i}`);
  const few = keys("single", smallCount / 10);
  return {
    oneByOne: await rate(few.length, async () => {
      for (const key of few) await way.put(key, small);
    }),
    parallel: await rate(smallCount, () => way.putAll(keys("parallel", smallCount), small)),
    packed: putPacked && (await rate(smallCount, () => putPacked(keys("packed", smallCount), small))),
    uploadMb: await rate(largeBytes / 1e6, () => way.putLarge("large", large)),
    downloadMb: await rate(largeBytes / 1e6, () => way.read("large")),
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

type Rounds = ReadonlyMap<Way["name"], readonly Figures[]>;

/** Every round begins with another way; the first one loads and warms up, and does not count. */
async function inTurns(ways: readonly Way[]): Promise<Rounds> {
  const rounds = new Map(ways.map(({ name }) => [name, [] as Figures[]]));
  for (let round = 0; round <= roundCount; round++) {
    for (let turn = 0; turn < ways.length; turn++) {
      const way = ways[(round + turn) % ways.length]!;
      const figures = await measure(way, round);
      if (round > 0) rounds.get(way.name)!.push(figures);
    }
  }
  return rounds;
}

async function measureAll(): Promise<Rounds> {
  const directory = mkdtempSync(join(flags.directory, "akidb-bench-"));
  const folder = openLocalObjectStore({ directory, random: systemRandom });
  const server = fork(import.meta.filename, ["--serve-s3", "--delay", flags.delay]);
  try {
    const address = await new Promise<S3Address>((resolve, reject) => {
      server.once("message", (message) => resolve(message as S3Address)).once("error", reject);
    });
    const store = await openS3ObjectStore({ ...address, forcePathStyle: true, random: systemRandom });
    return await inTurns([
      wayOf("folder", folder),
      wayOf("S3", store),
      bareWay("SDK, bare", address, false),
      bareWay("SDK, with checksums", address, true),
    ]);
  } finally {
    server.disconnect();
    rmSync(directory, { recursive: true });
  }
}

/** Of one way, or of it beside another in the same round. */
function medianOf(
  rounds: Rounds,
  {
    what,
    unit,
    way,
    beside,
  }: {
    readonly what: Measure;
    readonly unit: keyof Rate;
    readonly way: Way["name"];
    readonly beside?: Way["name"];
  },
): number {
  const values = rounds.get(way)!.map((figures, round) => {
    const value = figures[what]?.[unit] ?? Number.NaN;
    return beside === undefined ? value : value / (rounds.get(beside)![round]![what]?.[unit] ?? Number.NaN);
  });
  return median(values);
}

/** What a checksum of all of it takes by itself. */
function crc32MbPerSecond(): number {
  const startCpu = process.cpuUsage();
  for (let at = 0; at < largeBytes; at += 65_536) crc32(large.subarray(at, at + 65_536));
  const { user, system } = process.cpuUsage(startCpu);
  return largeBytes / (user + system);
}

async function benchmark(): Promise<void> {
  const loadBefore = loadavg()[0]!;
  const rounds = await measureAll();
  const crcMb = crc32MbPerSecond();
  const machine = `${cpus()[0]?.model ?? "unknown processor"}, ${cpus().length} cores, Node ${process.version}`;
  const delayMs = Number(flags.delay);
  if (flags.json) {
    const results = Object.fromEntries(rounds);
    console.log(JSON.stringify({ machine, smallBytes, largeBytes, delayMs, crcMb, results }, undefined, 2));
    return;
  }
  const load = `load ${loadBefore.toFixed(1)} before, ${loadavg()[0]!.toFixed(1)} after`;
  console.log(`${machine}; ${load}; S3 with ${delayMs} ms more a request; medians of ${roundCount} rounds`);
  const whole = (value: number) => (Number.isNaN(value) ? "" : Math.round(value).toLocaleString("en"));
  const ratio = (value: number) => (Number.isNaN(value) ? "" : value.toFixed(2));
  const names = [...rounds.keys()];
  for (const [unit, title] of [
    ["perSecond", "in a second"],
    ["perCpuSecond", "in a second of the client's processor time"],
  ] as const) {
    console.log(`\n| ${title} | ${names.join(" | ")} | S3 / SDK, bare | S3 / SDK, with checksums |`);
    console.log(`|---|${"---:|".repeat(names.length + 2)}`);
    for (const [what, text] of Object.entries(measures) as [Measure, string][]) {
      const cells = names.map((way) => whole(medianOf(rounds, { what, unit, way })));
      for (const beside of ["SDK, bare", "SDK, with checksums"] as const) {
        cells.push(ratio(medianOf(rounds, { what, unit, way: "S3", beside })));
      }
      console.log(`| ${[text, ...cells].join(" | ")} |`);
    }
  }
  console.log(`\nCRC32, chunks of 64 KiB: ${whole(crcMb)} MB in a second of processor time`);
}

await (flags["serve-s3"] ? serveS3() : benchmark());
