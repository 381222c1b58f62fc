import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type CollectionId,
  type DocumentId,
  noDeadline,
  SeededRandom,
  systemClock,
  systemRandom,
  UuidV7Generator,
} from "@akidb/base";
import { afterAll, afterEach, beforeEach, expect, it } from "vitest";
import { nodeDisk } from "../adapters/nodeDisk.ts";
import { Builders } from "../builders/builders.ts";
import type { AppliedState } from "../collection/appliedState.ts";
import { Collection, createCollectionFiles } from "../collection/collection.ts";
import { Compaction } from "../collection/compaction.ts";
import { unlimitedMemory } from "../collection/memoryBudget.ts";
import type { Mutation, ResolvedDocument, UpsertMutation } from "../collection/mutation.ts";
import type { OpenCollectionOptions } from "../collection/openCollectionOptions.ts";
import { emptyCopy, recoverCollection } from "../collection/recoverCollection.ts";
import { unsyncedDisk } from "../disk/unsyncedDisk.test.disk.ts";
import { parseFilter } from "../filter/parseFilter.ts";
import { countRows } from "../payload/rowBitset.ts";
import { ReadMoment } from "./readMoment.ts";

const dimension = 4;
const builders = new Builders({ threadCount: 1 });
const ids = new UuidV7Generator(systemClock, systemRandom);
let directory: string;

afterAll(() => builders.close());
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "akidb-moment-"));
  await createCollectionFiles(options());
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

const options = (): OpenCollectionOptions => ({
  disk: unsyncedDisk(nodeDisk),
  directory,
  collectionId: "01890000-0000-7000-8000-000000000001" as CollectionId,
  clock: systemClock,
  ids,
  dimension,
  metric: "l2",
  maxDocumentCount: 100_000,
  metadataBytesMax: 1_000,
  recallChecksPerMinute: 0,
  wal: { sync: "never", syncIntervalMs: 5, segmentBytesMax: 1_000_000 },
  graph: {
    builders,
    quantization: "int8",
    linksMax: 8,
    efConstruction: 50,
    efSearch: 50,
    threshold: 100_000,
  },
});

const documentOf = (n: number) => ({ vector: new Float32Array(dimension).fill(n), metadata: { n } });

const upsertOf = (n: number): UpsertMutation => {
  const times = { insertedAtMs: 1, updatedAtMs: 1, expiresAtMs: undefined };
  const strings = { externalId: undefined, text: undefined, metadata: JSON.stringify({ n }) };
  return {
    kind: "upsert",
    documents: [{ id: ids.next(), ...strings, ...times, version: 1 }],
    vectors: documentOf(n).vector,
  };
};

it("is of the copy that compaction puts in the place of a state whose indexes are still read", async () => {
  const count = 1_000;
  const collection = await Collection.open(options());
  await collection.upsert(Array.from({ length: count }, (_, n) => documentOf(n)));
  await collection.close();
  const { state, documents, wal } = await recoverCollection(options());
  const copy = emptyCopy(state, options(), documents);
  await new Compaction(state, copy, unlimitedMemory.reserveCopy(0)!).copyRows();
  expect(state.payload.isUpToDate).toBe(false);

  let served: AppliedState = state;
  const waiting = ReadMoment.withPayload(() => served, noDeadline());
  served = copy;
  copy.apply(upsertOf(count), copy.appliedLsn + 1);
  copy.index.publish();
  {
    using moment = await waiting;
    const filter = parseFilter({ n: { $gte: count - 1 } });
    expect(countRows(await moment.livingRows(filter, noDeadline()))).toBe(2);
  }
  await state.close();
  await copy.close();
  await documents.close();
  await wal.close();
});

const seed = 29;

it(`shows each document as it was at its moment, and now as it is, whatever was read before (seed ${seed})`, async () => {
  const { state, documents, wal } = await recoverCollection(options());
  const random = new SeededRandom(seed);
  const present = new Map<DocumentId, ResolvedDocument>();
  const moments: { readonly moment: ReadMoment; readonly rows: ReadonlyMap<number, ResolvedDocument> }[] = [];
  const anyId = () => [...present.keys()][random.nextInt(present.size)]!;
  let lsn = state.appliedLsn;
  const next = (n: number): Mutation => {
    const kind = present.size < 5 ? 0 : random.nextInt(4);
    const upsert = upsertOf(n);
    if (kind === 0) return upsert;
    const id = anyId();
    if (kind === 1) return { ...upsert, documents: [{ ...upsert.documents[0]!, id }] };
    if (kind === 2) return { kind: "delete", ids: [id], deletedAtMs: 1 };
    const before = present.get(id)!;
    const changed = { ...before, metadata: JSON.stringify({ n }), version: before.version + 1 };
    return { kind: "patch", documents: [changed], metadataBefore: [before.metadata] };
  };
  for (let step = 0; step < 500; step++) {
    const mutation = next(step);
    state.apply(mutation, ++lsn);
    state.index.publish();
    if (mutation.kind === "delete") for (const id of mutation.ids) present.delete(id);
    else for (const document of mutation.documents) present.set(document.id, document);
    if (random.nextInt(4) === 0) {
      const rows = new Map([...present].map(([id, document]) => [state.rows.rowOf(id)!, document]));
      moments.push({ moment: ReadMoment.now(state), rows });
    }
    if (random.nextInt(20) === 0) await documents.flush();
    if (random.nextInt(40) === 0) state.dropCache();
    for (const { moment, rows } of moments) {
      const [row, document] = [...rows][random.nextInt(rows.size)]!;
      expect(moment.documentAt(row)).toEqual(document);
    }
    const id = anyId();
    expect(state.find(id)).toEqual(present.get(id));
    if (moments.length > 5) moments.splice(random.nextInt(5), 1)[0]?.moment[Symbol.dispose]();
  }
  for (const { moment } of moments) moment[Symbol.dispose]();
  await state.close();
  await documents.close();
  await wal.close();
});
