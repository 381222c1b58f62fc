import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Clock,
  type CollectionId,
  type DocumentId,
  SeededRandom,
  systemClock,
  systemRandom,
  UuidV7Generator,
} from "@akidb/base";
import { Builders, type ChangedDocuments, Collection, createCollectionFiles, nodeDisk } from "@akidb/engine";
import { afterAll, afterEach, beforeEach, expect, it } from "vitest";
import { copyDocuments, type DocumentCopy, documentsPerCopy, nextIds } from "./copyDocuments.ts";

const builders = new Builders({ threadCount: 1 });
const ids = new UuidV7Generator(systemClock, systemRandom);
const collectionId = "01890000-0000-7000-8000-000000000001" as CollectionId;
const never = new AbortController().signal;
let root: string;
let nowMs: number;
const clock: Clock = { ...systemClock, nowMs: () => nowMs };

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "akidb-copy-"));
  nowMs = Date.UTC(2026, 0, 31);
});
afterEach(() => rmSync(root, { recursive: true }));
afterAll(() => builders.close());

async function openCollection(name: string, dimension: number): Promise<Collection> {
  const files = { disk: nodeDisk, directory: join(root, name), collectionId, clock, ids };
  await createCollectionFiles(files);
  return await Collection.open({
    ...files,
    dimension,
    metric: "l2",
    maxDocumentCount: 10_000,
    metadataBytesMax: 1_000,
    recallChecksPerMinute: 0,
    wal: { sync: "never", syncIntervalMs: 50, segmentBytesMax: 1_000_000 },
    graph: {
      builders,
      quantization: "int8",
      linksMax: 8,
      efConstruction: 50,
      efSearch: 50,
      threshold: 1_000,
    },
  });
}

/** Of the text alone. */
function vectorOf(text: string): Float32Array {
  const random = new SeededRandom(
    [...text].reduce((sum, letter) => (31 * sum + letter.charCodeAt(0)) | 0, 7) >>> 0,
  );
  return Float32Array.from({ length: 24 }, () => random.nextInt(1_000) - 500);
}

const copyOf = (source: Collection, target: Collection): DocumentCopy => ({
  name: "docs",
  source: source.mirror,
  target: target.mirror,
  dimension: 24,
  embed: async (texts) => {
    // Others have their turn while a model computes.
    await new Promise((resolve) => setImmediate(resolve));
    const vectors = new Float32Array(texts.length * 24);
    for (const [at, text] of texts.entries()) vectors.set(vectorOf(text), at * 24);
    return vectors;
  },
});

/** Keys move between documents, documents come and go, change and expire. */
async function change(source: Collection, random: SeededRandom): Promise<void> {
  const id = `01890000-0000-7000-8000-${String(random.nextInt(120)).padStart(12, "0")}`;
  const externalId = `key-${random.nextInt(60)}`;
  nowMs += random.nextInt(3);
  switch (random.nextInt(6)) {
    case 0:
      await source.delete([random.nextInt(2) === 0 ? id : externalId]);
      break;
    case 1:
      await source.patch([{ id, metadata: { n: random.nextInt(1_000) } }]);
      break;
    case 2:
      await source.removeExpired();
      break;
    default: {
      const text = `text ${random.nextInt(40)}`;
      const expiry = random.nextInt(5) === 0 ? { ttlSeconds: 0.001 } : {};
      const key = random.nextInt(2) === 0 ? { externalId } : {};
      await source.upsert([{ id, ...key, text, vector: new Float32Array(16).fill(1), ...expiry }]);
    }
  }
}

async function copyAll(copy: DocumentCopy): Promise<void> {
  let after: DocumentId | undefined;
  do {
    const page = await nextIds(copy, after, never);
    await copyDocuments(copy, page.ids);
    after = page.after;
  } while (after !== undefined);
}

async function copyChanged(copy: DocumentCopy, changes: ChangedDocuments): Promise<void> {
  while (changes.count > 0) await copyDocuments(copy, changes.take(documentsPerCopy));
}

async function idsOf({ mirror }: Collection): Promise<readonly DocumentId[]> {
  const deadline = { remainingMs: () => 1e9, check: () => {}, signal: never, cancelled: undefined } as never;
  const found = await mirror.idsAfter(undefined, 1_000, deadline);
  return found.filter((_, at) => mirror.documents(found)[at] !== undefined);
}

it.each([1, 2, 3])(
  "becomes what the source is, whatever happens to that meanwhile (seed %i)",
  async (seed) => {
    const random = new SeededRandom(seed);
    const source = await openCollection("source", 16);
    const target = await openCollection("target", 24);
    const copy = copyOf(source, target);
    for (let turn = 0; turn < 150; turn++) await change(source, random);
    // The first run is given up in the middle, and nobody notes what changes until the next.
    await copyDocuments(copy, (await nextIds(copy, undefined, never)).ids);
    for (let turn = 0; turn < 100; turn++) await change(source, random);
    {
      using changes = source.trackChanges();
      let isCopied = false;
      const copying = copyAll(copy).finally(() => {
        isCopied = true;
      });
      while (!isCopied) await change(source, random);
      await copying;
      await copyChanged(copy, changes);
    }
    const present = await idsOf(source);
    expect(await idsOf(target)).toEqual(present);
    expect(target.mirror.documents(present)).toEqual(source.mirror.documents(present));
    for (const [at, document] of source.mirror.documents(present).entries()) {
      expect(target.mirror.vectorOf(present[at]!), document!.text).toEqual(vectorOf(document!.text!));
    }
    expect(await copyDocuments(copy, present)).toBe(0);
    await source.close();
    await target.close();
  },
);

it("waits with writes, lets them go on, and refuses them once another one has taken its place", async () => {
  const source = await openCollection("source", 16);
  const write = (externalId: string) =>
    source.upsert([{ externalId, text: "a", vector: new Float32Array(16).fill(1) }]);
  const hold = await source.holdWrites();
  let isWritten = false;
  const waiting = write("a").then(() => {
    isWritten = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(isWritten).toBe(false);
  hold.release();
  await waiting;
  const last = await source.holdWrites();
  const refused = write("b");
  last.replace();
  await expect(refused).rejects.toMatchObject({ code: "unavailable", retryAfterMs: 100 });
  await expect(write("c")).rejects.toMatchObject({ code: "unavailable" });
  expect(source.isReplaced).toBe(true);
  expect(source.stats().documentCount).toBe(1);
  expect(source.get("a", [])).toMatchObject({ externalId: "a" });
  await source.close();
});
