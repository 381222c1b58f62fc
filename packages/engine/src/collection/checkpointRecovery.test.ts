import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type CollectionId,
  noDeadline,
  SeededRandom,
  systemClock,
  systemRandom,
  UuidV7Generator,
} from "@akidb/base";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { nodeDisk } from "../adapters/nodeDisk.ts";
import { Builders } from "../builders/builders.ts";
import { DamagedFileError } from "../damagedFileError.ts";
import { stoppingDisk } from "../disk/stoppingDisk.test.disk.ts";
import { unsyncedDisk } from "../disk/unsyncedDisk.test.disk.ts";
import { faultyDisk } from "../wal/faultyDisk.test.disk.ts";
import { defaultCheckpointPolicy, isCheckpointDue, isCheckpointDueAtClose } from "./checkpointPolicy.ts";
import { Collection, createCollectionFiles } from "./collection.ts";
import type { OpenCollectionOptions } from "./openCollectionOptions.ts";

const dimension = 16;
const builders = new Builders({ threadCount: 1 });
const ids = new UuidV7Generator(systemClock, systemRandom);
const quickDisk = unsyncedDisk(nodeDisk);
let root: string;
let directory: string;

afterAll(() => builders.close());
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "akidb-recovery-"));
  directory = join(root, "collection");
  await nodeDisk.makeDirectory(directory);
  await createCollectionFiles(options());
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

/** Segments and a log so small that everything happens; checkpoints only when asked for. */
function options(overrides: Partial<OpenCollectionOptions> = {}): OpenCollectionOptions {
  return {
    disk: quickDisk,
    directory,
    collectionId: "01890000-0000-7000-8000-000000000001" as CollectionId,
    clock: systemClock,
    ids,
    dimension,
    metric: "l2",
    maxDocumentCount: 100_000,
    metadataBytesMax: 1_000,
    recallChecksPerMinute: 0,
    wal: { sync: "always", syncIntervalMs: 5, segmentBytesMax: 16_384 },
    graph: {
      builders,
      quantization: "int8",
      linksMax: 8,
      efConstruction: 50,
      efSearch: 50,
      threshold: 200,
      segmentRowsMax: 256,
    },
    checkpointPolicy: { closeLogBytesMin: Number.POSITIVE_INFINITY, linkedRowsMin: Number.POSITIVE_INFINITY },
    ...overrides,
  };
}

const open = (overrides: Partial<OpenCollectionOptions> = {}) => Collection.open(options(overrides));
const random = new SeededRandom(5);
const randomVector = (from = random) => Float32Array.from({ length: dimension }, () => from.nextGaussian());
const documents = (from: number, count: number) =>
  Array.from({ length: count }, (_, n) => ({
    externalId: `d${from + n}`,
    vector: randomVector(),
    text: `${n}`,
  }));

const checkpointNames = (): string[] =>
  readdirSync(directory).includes("checkpoint") ? readdirSync(join(directory, "checkpoint")).sort() : [];
const logNames = () => readdirSync(join(directory, "wal")).sort();
const until = async (isDone: () => boolean) => {
  while (!isDone()) await new Promise((resolve) => setTimeout(resolve, 2));
};
const untilLinked = (collection: Collection) =>
  until(() => collection.stats().indexedCount === collection.stats().documentCount);

/** As a copy of its own: of full segments, checkpoints share the file. */
function damage(file: string, change: (path: string) => void): void {
  const path = join(directory, "checkpoint", file);
  writeFileSync(`${path}.own`, readFileSync(path));
  renameSync(`${path}.own`, path);
  change(path);
}

function flipByte(path: string, from = random): void {
  const bytes = readFileSync(path);
  bytes[from.nextInt(bytes.length)]! ^= 1 << from.nextInt(8);
  writeFileSync(path, bytes);
}

describe("a collection with a checkpoint", () => {
  it("misses nothing where the log is damaged below it, and tells what the log has lost", async () => {
    const collection = await open();
    await collection.upsert(documents(0, 1));
    await collection.upsert(documents(1, 1));
    await collection.checkpoint();
    await collection.upsert(documents(2, 1));
    await collection.close();
    const [name] = logNames();
    const log = join(directory, "wal", name!);
    const bytes = readFileSync(log);
    // In the payload of LSN 1.
    bytes[100]! ^= 1;
    writeFileSync(log, bytes);
    const reopened = await open();
    expect(reopened.recovery.coveredDamage).toEqual([{ file: `wal/${name}`, firstLsn: 1, lastLsn: 1 }]);
    for (const key of ["d0", "d1", "d2"]) expect(reopened.get(key, [])).toBeDefined();
    await reopened.close();
    rmSync(join(directory, "checkpoint"), { recursive: true });
    await expect(open()).rejects.toMatchObject({ missing: { firstLsn: 1, lastLsn: 1 } });
  });

  it.each([150, 1_000])("of %i documents begins with it, and replays what came behind", async (count) => {
    const collection = await open();
    await collection.upsert(documents(0, count));
    await collection.upsert(documents(0, 20));
    await collection.delete(["d30", "d31"]);
    if (count > 200) await untilLinked(collection);
    await collection.checkpoint();
    const indexedCount = count > 200 ? count - 3 : 0;
    await collection.upsert(documents(10, 5));
    await collection.delete(["d40"]);
    const query = { vector: randomVector(), topK: 20, exact: true, include: ["text", "vector"] as const };
    const expected = (await collection.query(query, noDeadline())).matches;
    await collection.close();

    const reopened = await open();
    expect(reopened.recovery).toMatchObject({ recordCount: 2, checkpointLsn: 3, damagedCheckpoints: [] });
    expect(reopened.stats().documentCount).toBe(count - 3);
    expect(reopened.stats().indexedCount).toBeGreaterThanOrEqual(indexedCount);
    expect((await reopened.query(query, noDeadline())).matches).toEqual(expected);
    expect(reopened.get("d40", [])).toBeUndefined();
    expect(reopened.get("d10", [])?.version).toBe(3);
    await reopened.upsert(documents(10, 1));
    expect(reopened.get("d10", [])?.version).toBe(4);
    await reopened.close();
  });

  it("lets the log go that two checkpoints cover, and bears the damage of one", async () => {
    const collection = await open();
    for (let n = 0; n < 3; n++) {
      await collection.upsert(documents(200 * n, 200));
      await collection.upsert(documents(200 * n, 10));
      await collection.checkpoint();
    }
    await collection.upsert(documents(0, 1));
    await collection.close();
    expect(checkpointNames()).toHaveLength(2);
    expect(logNames()[0]).not.toMatch(/0001\.wal$/);
    const [older, newest] = checkpointNames();
    damage(`${newest}/rows`, flipByte);

    const reopened = await open();
    expect(reopened.recovery.checkpointLsn).toBe(Number(older));
    expect(reopened.recovery.damagedCheckpoints.map(({ file }) => file)).toEqual([
      `checkpoint/${newest}/rows`,
    ]);
    expect(reopened.stats().documentCount).toBe(600);
    expect(checkpointNames()).toEqual([older, `${newest}.damaged`]);
    await reopened.close();

    damage(`${older}/tombstones`, flipByte);
    await expect(open()).rejects.toThrow(
      new RegExp(`^checkpoint/${older}/tombstones: .*no other checkpoint, and the log begins at LSN`),
    );
    expect(checkpointNames()).toEqual([older, `${newest}.damaged`]);
  });

  it("needs none as long as the log is whole", async () => {
    const collection = await open();
    await collection.upsert(documents(0, 300));
    await collection.checkpoint();
    await collection.upsert(documents(300, 10));
    await collection.close();
    damage(`${checkpointNames()[0]}/MANIFEST.json`, (path) => truncateSync(path, 10));
    const reopened = await open();
    expect(reopened.recovery).toMatchObject({ recordCount: 2, checkpointLsn: undefined });
    expect(reopened.stats().documentCount).toBe(310);
    await reopened.close();
  });

  it("is not served without its documents", async () => {
    const collection = await open();
    for (let n = 0; n < 3; n++) {
      await collection.upsert(documents(0, 200));
      await collection.upsert(documents(0, 200));
      await collection.checkpoint();
    }
    await collection.close();
    rmSync(join(directory, "documents.db"));
    await expect(open()).rejects.toThrow(/^documents.db: has applied LSN 0 alone, and the log begins/);
  });

  it("is not served with a log that ends before it", async () => {
    const collection = await open();
    await collection.upsert(documents(0, 10));
    await collection.checkpoint();
    await collection.close();
    truncateSync(join(directory, "wal", logNames()[0]!), 64);
    await expect(open()).rejects.toThrow(DamagedFileError);
  });

  it("keeps its graph when rows are dead, and drops them behind", async () => {
    const collection = await open();
    await collection.upsert(documents(0, 2_000));
    await untilLinked(collection);
    await collection.checkpoint();
    await collection.upsert(documents(0, 400));
    await collection.upsert(documents(0, 400));
    await until(() => collection.stats().rowCount === 2_000);
    await collection.close();
    // The checkpoint is of before; what is replayed makes the same rows dead.
    const reopened = await open();
    expect(reopened.recovery.checkpointLsn).toBe(1);
    expect(reopened.stats().indexedCount).toBe(2_000);
    await until(() => reopened.stats().rowCount === 2_000);
    const before = (await reopened.query({ vector: randomVector(), topK: 10, include: [] }, noDeadline()))
      .matches;
    expect(before).toHaveLength(10);
    await reopened.checkpoint();
    await reopened.close();
    const again = await open();
    expect(again.stats()).toMatchObject({ documentCount: 2_000, rowCount: 2_000 });
    await again.close();
  }, 60_000);
});

describe("checkpoints come", () => {
  const eager = (policy: Partial<OpenCollectionOptions["checkpointPolicy"]>) => ({
    checkpointPolicy: { ...options().checkpointPolicy, ...policy },
  });

  it("by themselves when the log has grown", async () => {
    const collection = await open(eager({ logBytesMin: 30_000, logShareMin: 0 }));
    await collection.upsert(documents(0, 100));
    expect(checkpointNames()).toEqual([]);
    await collection.upsert(documents(100, 400));
    await until(() => checkpointNames().length === 1);
    await collection.upsert(documents(500, 400));
    await until(() => checkpointNames().length === 2);
    await collection.close();
    const reopened = await open();
    expect(reopened.recovery.checkpointLsn).toBe(3);
    await reopened.close();
  });

  it("when the graph has caught up, though nothing more is written", async () => {
    const collection = await open(eager({ linkedRowsMin: 500, linkedShareMin: 0.25 }));
    await collection.upsert(documents(0, 1_000));
    await until(() => checkpointNames().length >= 1);
    await collection.close();
    const reopened = await open();
    expect(reopened.stats().indexedCount).toBeGreaterThanOrEqual(500);
    await reopened.close();
  });

  it("at a clean end, unless there is nothing in it or no future", async () => {
    const policy = eager({ closeLogBytesMin: 1 });
    const collection = await open(policy);
    await collection.upsert(documents(0, 50));
    await collection.close();
    expect(checkpointNames()).toHaveLength(1);
    const reopened = await open(policy);
    expect(reopened.recovery.recordCount).toBe(0);
    await reopened.close();
    expect(checkpointNames()).toHaveLength(1);
    const last = await open(policy);
    await last.upsert(documents(50, 50));
    await last.close({ hasNoFuture: true });
    expect(checkpointNames()).toHaveLength(1);
  });

  it("not at a clean end that would take long", async () => {
    const slow = {
      ...quickDisk,
      makeDirectory: async (path: string) => {
        if (path.includes("checkpoint")) await new Promise((resolve) => setTimeout(resolve, 50));
        await quickDisk.makeDirectory(path);
      },
    };
    const failures: unknown[] = [];
    const collection = await open({
      ...eager({ closeLogBytesMin: 1, closeMsMax: 1 }),
      disk: slow,
      onCheckpointFailure: (error) => failures.push(error),
    });
    await collection.upsert(documents(0, 50));
    await collection.close();
    expect(checkpointNames()).toEqual([]);
    expect(failures).toHaveLength(1);
  });

  it("without waiting for whoever archives the log, whose files go when they are taken", async () => {
    const archive = Promise.withResolvers<void>();
    const collection = await open({
      wal: { sync: "never", syncIntervalMs: 5, segmentBytesMax: 1 },
      onSegmentClosed: () => archive.promise,
    });
    for (let n = 0; n < 3; n++) {
      await collection.upsert(documents(10 * n, 10));
      await collection.checkpoint();
    }
    const logFiles = () => readdirSync(join(directory, "wal")).length;
    const before = logFiles();
    expect(before).toBeGreaterThan(2);
    archive.resolve();
    await until(() => logFiles() < before);
    await collection.close();
  });

  it("again after one that failed, and writes go on meanwhile", async () => {
    let isFull = true;
    const disk = faultyDisk(quickDisk, (operation, path) => {
      if (isFull && operation === "write" && path.includes("/checkpoint/")) throw new Error("ENOSPC");
    });
    const failures: unknown[] = [];
    let nowMs = 0;
    const collection = await open({
      ...eager({ logBytesMin: 1 }),
      disk,
      clock: { nowMs: () => 0, monotonicMs: () => nowMs },
      onCheckpointFailure: (error) => failures.push(error),
    });
    await collection.upsert(documents(0, 50));
    await until(() => failures.length === 1);
    await expect(collection.checkpoint()).rejects.toMatchObject({ code: "unavailable" });
    await collection.upsert(documents(50, 50));
    isFull = false;
    nowMs = 59_000;
    await collection.upsert(documents(100, 50));
    expect(checkpointNames()).toEqual([]);
    nowMs = 121_000;
    await collection.upsert(documents(150, 50));
    await until(() => checkpointNames().length === 1);
    await collection.close();
    expect(failures).toHaveLength(1);
    const reopened = await open();
    expect(reopened.stats().documentCount).toBe(200);
    await reopened.close();
  });

  it("as often as writing bears", () => {
    const progress = {
      logBytes: 0,
      rewrittenBytes: 0,
      rowCount: 0,
      tailCount: 0,
      linkedSince: 0,
      isPayloadMissing: false,
    };
    const policy = defaultCheckpointPolicy;
    const mebibyte = 1024 * 1024;
    expect(isCheckpointDue(policy, { ...progress, logBytes: 63 * mebibyte })).toBe(false);
    expect(isCheckpointDue(policy, { ...progress, logBytes: 64 * mebibyte })).toBe(true);
    const large = { ...progress, rewrittenBytes: 1_000 * mebibyte };
    expect(isCheckpointDue(policy, { ...large, logBytes: 499 * mebibyte })).toBe(false);
    expect(isCheckpointDue(policy, { ...large, logBytes: 500 * mebibyte })).toBe(true);
    const linked = { ...progress, rowCount: 100_000, linkedSince: 25_000 };
    expect(isCheckpointDue(policy, linked)).toBe(true);
    expect(isCheckpointDue(policy, { ...linked, tailCount: 1 })).toBe(false);
    expect(isCheckpointDue(policy, { ...linked, linkedSince: 24_999 })).toBe(false);
    expect(isCheckpointDueAtClose(policy, { ...linked, tailCount: 1 })).toBe(true);
    expect(isCheckpointDueAtClose(policy, { ...progress, logBytes: mebibyte - 1 })).toBe(false);
    expect(isCheckpointDueAtClose(policy, { ...progress, logBytes: mebibyte })).toBe(true);
    const unindexed = { ...progress, isPayloadMissing: true };
    expect(isCheckpointDueAtClose(policy, { ...unindexed, rowCount: 9_999 })).toBe(false);
    expect(isCheckpointDueAtClose(policy, { ...unindexed, rowCount: 10_000 })).toBe(true);
  });
});

describe("a process that is killed at any operation of a checkpoint", () => {
  it("leaves everything that was acknowledged", async () => {
    const first = await open();
    await first.upsert(documents(0, 210));
    await untilLinked(first);
    await first.checkpoint();
    await first.upsert(documents(0, 30));
    await first.close();
    const template = join(root, "template");
    renameSync(directory, template);
    const graveyard = join(root, "graveyard");
    await nodeDisk.makeDirectory(graveyard);
    for (let operationsMax = 0, isOver = false; !isOver; operationsMax++) {
      cpSync(template, directory, { recursive: true });
      const { disk, isStopped } = stoppingDisk(quickDisk, { operationsMax, graveyard });
      const acknowledged: string[] = [];
      const collection = await open({ disk }).catch(() => undefined);
      for (const key of ["x", "y"]) {
        const written = collection?.upsert([{ externalId: key, vector: randomVector() }]);
        await written?.then(() => acknowledged.push(key)).catch(() => {});
        await collection?.checkpoint().catch(() => {});
      }
      isOver = !isStopped();
      await collection?.close().catch(() => {});

      const reopened = await open();
      expect(reopened.recovery.damagedCheckpoints).toEqual([]);
      for (const key of acknowledged) expect(reopened.get(key, [])?.externalId).toBe(key);
      const { documentCount } = reopened.stats();
      expect(documentCount).toBeGreaterThanOrEqual(210 + acknowledged.length);
      expect(documentCount).toBeLessThanOrEqual(212);
      expect(checkpointNames().length).toBeLessThanOrEqual(2);
      await reopened.close();
      rmSync(directory, { recursive: true });
    }
  }, 120_000);
});

describe("a collection against a Map", () => {
  it.each([11, 12, 13])(
    "over checkpoints, kills, damage and compactions (seed %i)",
    async (seed) => {
      const { fallbackCount, compactionCount } = await new RecoveryModel(seed).run(45);
      expect(fallbackCount).toBeGreaterThan(0);
      expect(compactionCount).toBeGreaterThan(0);
    },
    120_000,
  );
});

/** A collection that is opened again and again, in every state that its files can be left in. */
class RecoveryModel {
  readonly #random: SeededRandom;
  readonly #expected = new Map<string, Float32Array>();
  #collection: Collection | undefined;
  #fallbackCount = 0;
  #compactionCount = 0;

  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
  }

  /** @returns how often an older checkpoint or the log stood in for a damaged one, and how often rows went away */
  async run(steps: number): Promise<{ readonly fallbackCount: number; readonly compactionCount: number }> {
    let rowCount = 0;
    await this.#open();
    await this.#upsert(1_200);
    for (let step = 0; step < steps; step++) {
      const rowsBefore = rowCount;
      rowCount = this.#collection!.stats().rowCount;
      if (rowCount < rowsBefore) this.#compactionCount += 1;
      const action = this.#random.nextInt(100);
      if (action < 40) await this.#upsert(1 + this.#random.nextInt(300));
      else if (action < 50) await this.#delete();
      else if (action < 72) await this.#collection!.checkpoint();
      else if (action < 79) await this.#reopen("closed", () => {});
      else if (action < 86) await this.#reopen("killed", () => {});
      else await this.#reopen(action % 2 === 0 ? "closed" : "killed", () => this.#damageNewest());
    }
    await this.#check();
    await this.#collection!.close();
    return { fallbackCount: this.#fallbackCount, compactionCount: this.#compactionCount };
  }

  async #open(): Promise<void> {
    this.#collection = await open({
      checkpointPolicy: {
        logBytesMin: 150_000,
        logShareMin: 0.1,
        linkedRowsMin: 1_000,
        closeLogBytesMin: 50_000,
      },
    });
    if (this.#collection.recovery.damagedCheckpoints.length > 0) this.#fallbackCount += 1;
  }

  async #reopen(how: "closed" | "killed", change: () => void): Promise<void> {
    if (how === "closed") {
      await this.#collection!.close();
    } else {
      // What is on the disk at this moment is what a process that is killed leaves.
      const copy = join(root, "copy");
      cpSync(directory, copy, { recursive: true });
      await this.#collection!.close();
      rmSync(directory, { recursive: true });
      renameSync(copy, directory);
    }
    change();
    await this.#open();
    await this.#check();
  }

  #damageNewest(): void {
    const whole = checkpointNames().filter((name) => {
      if (name.includes("damaged")) return false;
      return readdirSync(join(directory, "checkpoint", name)).includes("MANIFEST.json");
    });
    const isLogWhole = logNames()[0]!.endsWith("00001.wal");
    // Files that are damaged before anything stands in for them are lost.
    if (whole.length < 2 && !isLogWhole) return;
    const newest = whole.at(-1);
    if (newest === undefined) return;
    const files = readdirSync(join(directory, "checkpoint", newest));
    const file = files[this.#random.nextInt(files.length)]!;
    damage(`${newest}/${file}`, (path) => {
      const way = this.#random.nextInt(4);
      if (way === 0) truncateSync(path, this.#random.nextInt(readFileSync(path).length));
      else if (way === 1) rmSync(path);
      else flipByte(path, this.#random);
    });
  }

  async #upsert(count: number): Promise<void> {
    const keys = new Set(Array.from({ length: count }, () => `k${this.#random.nextInt(1_500)}`));
    const written = [...keys].map((externalId) => ({ externalId, vector: randomVector(this.#random) }));
    await this.#collection!.upsert(written);
    for (const { externalId, vector } of written) this.#expected.set(externalId, vector);
  }

  async #delete(): Promise<void> {
    const keys = Array.from(new Set(Array.from({ length: 40 }, () => `k${this.#random.nextInt(1_500)}`)));
    const removed = await this.#collection!.delete(keys);
    expect(removed).toEqual(keys.map((key) => this.#expected.delete(key)));
  }

  async #check(): Promise<void> {
    const collection = this.#collection!;
    expect(collection.stats().documentCount).toBe(this.#expected.size);
    for (const [key, vector] of this.#expected) {
      if (this.#random.nextInt(20) > 0) continue;
      expect(collection.get(key, ["vector"])?.vector).toEqual(vector);
    }
    for (const exact of [true, false]) {
      const vector = randomVector(this.#random);
      const found = (await collection.query({ vector, topK: 10, exact, include: ["vector"] }, noDeadline()))
        .matches;
      for (const match of found) expect(match.vector).toEqual(this.#expected.get(match.externalId!));
      if (!exact) continue;
      const distances = [...this.#expected.values()].map((other) => euclideanDistance(vector, other));
      const nearest = distances.sort((a, b) => a - b).slice(0, 10);
      for (const [rank, { distance }] of found.entries()) expect(distance).toBeCloseTo(nearest[rank]!, 3);
    }
  }
}

const euclideanDistance = (a: Float32Array, b: Float32Array): number =>
  Math.sqrt(a.reduce((sum, component, i) => sum + (component - b[i]!) ** 2, 0));
