import { type CollectionId, parseId, type ReembeddingId } from "@akidb/base";
import { beforeEach, describe, expect, test } from "vitest";
import type { CatalogUnderTest } from "./accessControl.contract.ts";
import { autoInitialize } from "./autoInitialize.ts";
import { expectRefusal } from "./catalogChecks.contract.ts";
import type { Generation } from "./reembedding.ts";

const nobody = parseId<"reembedding">("0199d6a0-0000-7000-8000-000000000000") as ReembeddingId;
const old = { dimension: 32, embeddingModel: "hashing", modelFingerprint: "hashing/1/32" };
const wider = { dimension: 64, embeddingModel: "hashing", modelFingerprint: "hashing/1/64" };
const keepUntil = "2026-02-07T00:00:00.000Z";

/** Re-embeddings, as every implementation of {@link Catalog} keeps them. */
export function checkReembeddings(current: () => CatalogUnderTest): void {
  describe("re-embeddings", () => {
    let collectionId: CollectionId;

    beforeEach(async () => {
      const { database } = await autoInitialize(current().catalog);
      const created = await current().catalog.collections.create(database.id, { name: "docs", ...old });
      collectionId = created.id;
    });

    test("begin from what the collection is, one at a time", async () => {
      const { reembeddings } = current().catalog;
      const begun = await reembeddings.begin({ collectionId, to: wider });
      expect(begun).toEqual({
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        collectionId,
        state: "copying",
        stateReason: null,
        from: { generation: 0, ...old },
        to: { generation: 1, ...wider },
        keepUntil: null,
        createdAt: "2026-01-31T09:30:00.000Z",
        updatedAt: "2026-01-31T09:30:00.000Z",
      });
      await expectRefusal(reembeddings.begin({ collectionId, to: wider }), "already_exists", []);
      const stateReason = "the model is away";
      const paused = await reembeddings.update(begun.id, { state: "paused", stateReason });
      expect(paused).toMatchObject({ state: "paused", stateReason });
      await expectRefusal(reembeddings.begin({ collectionId, to: wider }), "already_exists", []);
      await reembeddings.update(begun.id, { state: "cancelled", stateReason: null });
      // What a generation left is not taken for another one.
      const next = await reembeddings.begin({ collectionId, to: wider });
      expect(next.to.generation).toBe(2);
      expect(await reembeddings.get(next.id)).toEqual(next);
    });

    test("flip a collection and what its vectors are together, and back", async () => {
      const { reembeddings, collections } = current().catalog;
      const before = await collections.get(collectionId);
      const { id } = await reembeddings.begin({ collectionId, to: wider });
      current().advance(1);
      const flipped = await reembeddings.flip(id, keepUntil);
      expect(flipped).toEqual({
        ...before,
        ...wider,
        generation: 1,
        updatedAt: "2026-01-31T09:30:00.001Z",
      });
      expect(await collections.get(collectionId)).toEqual(flipped);
      const [kept] = await reembeddings.all();
      expect(kept).toMatchObject({ id, state: "flipped", keepUntil });
      await expectRefusal(reembeddings.flip(id, keepUntil), "failed_precondition", []);
      const back = await reembeddings.begin({ collectionId, to: kept!.from });
      expect(back.to).toEqual({ generation: 0, ...old });
      await reembeddings.flip(back.id, keepUntil);
      expect(await collections.get(collectionId)).toMatchObject({ generation: 0, ...old });
      // Of two generations that were left, the later one is kept.
      const all = await reembeddings.all();
      expect(all.map((each) => [each.id, each.keepUntil])).toEqual([
        [id, null],
        [back.id, keepUntil],
      ]);
      expect(await reembeddings.ofCollection(collectionId)).toEqual(all);
    });

    test("go with their collection", async () => {
      const { reembeddings, collections } = current().catalog;
      const { id } = await reembeddings.begin({ collectionId, to: wider });
      await collections.delete(collectionId);
      await expectRefusal(reembeddings.get(id), "not_found", []);
      await expectRefusal(reembeddings.begin({ collectionId, to: wider }), "not_found", []);
    });

    test.each<readonly [string, Partial<Generation>]>([
      ["generation", { generation: -1 }],
      ["dimension", { dimension: 15 }],
      ["embedding_model", { embeddingModel: "" }],
      ["model_fingerprint", { modelFingerprint: "x".repeat(4_097) }],
    ])("refuse a %s that cannot be", async (field, bad) => {
      const { reembeddings } = current().catalog;
      const begun = reembeddings.begin({ collectionId, to: { ...wider, ...bad } });
      await expectRefusal(begun, "invalid_argument", [field]);
    });

    test("refuse changes that cannot be, and those of none", async () => {
      const { reembeddings } = current().catalog;
      const { id } = await reembeddings.begin({ collectionId, to: wider });
      const bad = reembeddings.update(id, { stateReason: "\0", keepUntil: "soon" });
      await expectRefusal(bad, "invalid_argument", ["state_reason", "keep_until"]);
      await expectRefusal(reembeddings.update(nobody, {}), "not_found", []);
    });
  });
}
