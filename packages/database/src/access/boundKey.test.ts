import { type DocumentInput, type JsonObject, SeededRandom } from "@akidb/base";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { operations } from "../operations/operations.ts";
import { openTenants, type TenantsOfTest } from "./tenants.test.support.ts";

const collection = "notes";
const refused = { code: "permission_denied" };
const missing = { code: "not_found" };
let tenants: TenantsOfTest;
let asOwner: Run;

beforeEach(async () => {
  tenants = await openTenants();
  ({ asOwner } = tenants);
  await asOwner(operations.createCollection, { name: collection, dimension: 16, metric: "l2" });
});
afterEach(() => tenants.close());

type Run = TenantsOfTest["asOwner"];

/** Whoever has a key that is bound to what passes the filter. */
async function asBound(filter: JsonObject): Promise<Run> {
  const caller = await tenants.callerWith(undefined, { role: "admin", filter });
  return (operation, input) => tenants.as(caller, operation, input);
}

const vector = (seed: number): number[] => Array.from({ length: 16 }, (_, i) => Math.sin(seed * 16 + i));
const note = (name: string, owner: string, more: Partial<DocumentInput> = {}): DocumentInput => ({
  externalId: name,
  text: `the note ${name}`,
  vector: vector(name.length + owner.length),
  metadata: { owner },
  ...more,
});
const put = (run: Run, ...documents: DocumentInput[]) =>
  run(operations.upsertDocuments, { collection, documents });
const all = async (): Promise<ReadonlyMap<string, unknown>> => {
  const { documents } = await asOwner(operations.scroll, { collection, limit: 1_000 });
  return new Map(documents.map(({ externalId, metadata }) => [externalId!, metadata]));
};

describe("a key with a filter", () => {
  let mine: Run;
  beforeEach(async () => {
    mine = await asBound({ owner: "me" });
    await put(asOwner, note("a", "me"), note("b", "me"), note("x", "you"), note("y", "you"));
    await put(asOwner, { externalId: "none", vector: vector(9) });
  });

  test("reads nothing else", async () => {
    const filter = { $or: [{ owner: "you" }, { owner: "me" }] };
    expect(await mine(operations.count, { collection })).toBe(2);
    expect(await mine(operations.count, { collection, filter: { owner: "you" } })).toBe(0);
    const names = ({ documents }: { documents: readonly { externalId?: string }[] }) =>
      documents.map(({ externalId }) => externalId).toSorted();
    expect(names(await mine(operations.scroll, { collection, filter }))).toEqual(["a", "b"]);
    expect(names(await mine(operations.getDocuments, { collection, filter }))).toEqual(["a", "b"]);
    const fetched = await mine(operations.getDocuments, { collection, ids: ["a", "x", "none", "nobody"] });
    expect(names(fetched)).toEqual(["a"]);
    expect(fetched.missing).toEqual(["x", "none", "nobody"]);
    expect(await mine(operations.facets, { collection, field: "owner" })).toMatchObject({
      facets: [{ value: "me", count: 2 }],
      distinctCount: 1,
    });
    await expect(mine(operations.getDocument, { collection, id: "x" })).rejects.toMatchObject(missing);
    expect(await mine(operations.getDocument, { collection, id: "a" })).toMatchObject({ externalId: "a" });
  });

  test("finds nothing else, whatever it asks for", async () => {
    const queries = [
      { vector: vector(3) },
      { vector: vector(3), exact: true },
      { vector: vector(3), filter: { owner: { $ne: "me" } } },
      { id: "a" },
      { fullText: "note" },
      { vector: vector(3), hybrid: { text: "note" } },
      { vectors: { positive: ["a"], negative: [vector(2)] } },
    ];
    const expected = [2, 2, 0, 1, 2, 2, 1];
    for (const [at, query] of queries.entries()) {
      const { matches } = await mine(operations.query, { collection, topK: 10, ...query });
      expect(matches).toHaveLength(expected[at]!);
      for (const { metadata } of matches) expect(metadata).toEqual({ owner: "me" });
    }
    const batch = await mine(operations.queryBatch, { collection, queries });
    expect(batch.map((item) => item.ok && item.matches?.length)).toEqual(expected);
    for (const query of [{ id: "x" }, { vectors: { positive: ["a", "x"] } }]) {
      await expect(mine(operations.query, { collection, ...query })).rejects.toMatchObject(missing);
    }
  });

  test("writes nothing else", async () => {
    const before = await all();
    const { items } = await put(
      mine,
      note("c", "me"),
      note("d", "you"),
      { externalId: "e", vector: vector(1) },
      note("x", "me"),
      note("a", "you"),
      note("a", "me", { metadata: { owner: "me", n: 1 } }),
    );
    expect(items.map((item) => (item.ok ? "written" : item.code))).toEqual([
      "written",
      "permission_denied",
      "permission_denied",
      "permission_denied",
      "permission_denied",
      "written",
    ]);
    const atomic = { collection, documents: [note("f", "me"), note("g", "you")], atomic: true };
    await expect(mine(operations.upsertDocuments, atomic)).rejects.toMatchObject(refused);
    expect(await all()).toEqual(
      new Map([...before, ["a", { owner: "me", n: 1 }] as const, ["c", { owner: "me" }] as const]),
    );
  });

  test("cannot take a document's id by another name", async () => {
    const { id } = await asOwner(operations.getDocument, { collection, id: "x" });
    for (const document of [note("new", "me", { id }), note("x", "me", { id }), note("x", "me")]) {
      expect((await put(mine, document)).items).toMatchObject([{ ok: false, ...refused }]);
    }
  });

  test("patches nothing else, and nothing out of its sight", async () => {
    const before = await all();
    const patch = (id: string, metadata: JsonObject) =>
      mine(operations.patchDocument, { collection, id, metadata });
    await expect(patch("x", { owner: "me" })).rejects.toMatchObject(missing);
    await expect(patch("a", { owner: "you" })).rejects.toMatchObject(refused);
    await expect(patch("a", { owner: null })).rejects.toMatchObject(refused);
    expect(await all()).toEqual(before);
    const patches = [
      { id: "a", metadata: { n: 1 } },
      { id: "y", metadata: { n: 1 } },
    ];
    const { items } = await mine(operations.patchDocuments, { collection, patches });
    expect(items.map(({ ok }) => ok)).toEqual([true, false]);
    expect(await all()).toEqual(new Map([...before, ["a", { owner: "me", n: 1 }] as const]));
  });

  test("deletes nothing else", async () => {
    await expect(mine(operations.deleteDocument, { collection, id: "x" })).rejects.toMatchObject(missing);
    expect(await mine(operations.deleteDocuments, { collection, ids: ["x", "y", "a"] })).toEqual({
      deletedCount: 1,
    });
    expect(await mine(operations.deleteDocuments, { collection, filter: { owner: "you" } })).toEqual({
      deletedCount: 0,
    });
    expect(await mine(operations.deleteDocuments, { collection, all: true })).toEqual({ deletedCount: 1 });
    expect([...(await all()).keys()].toSorted()).toEqual(["none", "x", "y"]);
  });

  test("does nothing with a collection as a whole, whatever its role", async () => {
    const { id: snapshot } = await asOwner(operations.createSnapshot, { collection });
    const tries: readonly Promise<unknown>[] = [
      mine(operations.createSnapshot, { collection }),
      mine(operations.listSnapshots, { collection }),
      mine(operations.downloadSnapshot, { collection, snapshot }),
      mine(operations.restoreSnapshot, { collection, snapshot }),
      mine(operations.restoreSnapshot, { collection, snapshot, into: "other" }),
      mine(operations.deleteSnapshot, { collection, snapshot }),
      mine(operations.deleteCollection, { collection }),
      mine(operations.createCollection, { name: "other", dimension: 16 }),
      mine(operations.startBackup, {}),
      mine(operations.startVerification, {}),
    ];
    for (const result of await Promise.allSettled(tries)) {
      expect(result).toMatchObject({ status: "rejected", reason: refused });
    }
    expect((await mine(operations.listCollections, {})).items).toHaveLength(1);
  });
});

test("a model of two keys and their owner agrees with the database", async () => {
  const seed = 20_261_126;
  const random = new SeededRandom(seed);
  const owners = ["me", "you", "they"];
  const runs = new Map<string, Run>();
  for (const owner of ["me", "you"]) runs.set(owner, await asBound({ owner }));
  const model = new Map<string, string>();
  for (let step = 0; step < 150; step++) {
    const who = owners[random.nextInt(2)]!;
    const run = runs.get(who)!;
    const name = `n${random.nextInt(12)}`;
    const owner = owners[random.nextInt(3)]!;
    const existing = model.get(name);
    const isMine = existing === undefined || existing === who;
    switch (random.nextInt(4)) {
      case 0: {
        const [item] = (await put(run, note(name, owner))).items;
        expect(item!.ok, `seed ${seed}, step ${step}`).toBe(isMine && owner === who);
        if (item!.ok) model.set(name, owner);
        break;
      }
      case 1: {
        await put(asOwner, note(name, owner));
        model.set(name, owner);
        break;
      }
      case 2: {
        const { deletedCount } = await run(operations.deleteDocuments, { collection, ids: [name] });
        expect(deletedCount, `seed ${seed}, step ${step}`).toBe(existing === who ? 1 : 0);
        if (existing === who) model.delete(name);
        break;
      }
      default: {
        const count = [...model.values()].filter((each) => each === who).length;
        expect(await run(operations.count, { collection }), `seed ${seed}, step ${step}`).toBe(count);
      }
    }
  }
  expect(
    new Map([...(await all())].map(([name, metadata]) => [name, (metadata as JsonObject)["owner"]])),
  ).toEqual(model);
});
