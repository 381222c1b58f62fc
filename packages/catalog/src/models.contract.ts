import { type ModelId, parseId } from "@akidb/base";
import { describe, expect, test } from "vitest";
import type { CatalogUnderTest } from "./accessControl.contract.ts";
import { expectRefusal } from "./catalogChecks.contract.ts";
import type { ModelAttributes } from "./model.ts";

const nobody = parseId<"model">("0199d6a0-0000-7000-8000-000000000000") as ModelId;
const hashing: ModelAttributes = {
  name: "hashing",
  provider: "hashing",
  dimension: 384,
  maxTokens: null,
  fingerprint: "hashing/1/384",
};

/** Models, as every implementation of {@link Catalog} keeps them. */
export function checkModels(current: () => CatalogUnderTest): void {
  describe("models", () => {
    test("are registered once, whatever comes first", async () => {
      const { models } = current().catalog;
      const [first, again] = await Promise.all([models.register(hashing), models.register(hashing)]);
      expect(first).toEqual({
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        ...hashing,
        createdAt: "2026-01-31T09:30:00.000Z",
        updatedAt: "2026-01-31T09:30:00.000Z",
      });
      expect(again).toEqual(first);
      expect(await models.get(first.id)).toEqual(first);
      expect(await models.find({ name: "hashing", fingerprint: "hashing/1/384" })).toEqual(first);
      expect(await models.find({ name: "words", fingerprint: "hashing/1/384" })).toBeUndefined();
    });

    test("are others with another fingerprint, and with another name", async () => {
      const { models } = current().catalog;
      const first = await models.register(hashing);
      const wider = await models.register({ ...hashing, dimension: 768, fingerprint: "hashing/1/768" });
      const renamed = await models.register({ ...hashing, name: "words" });
      expect((await models.list()).items).toEqual([first, wider, renamed]);
      const page = await models.list({ limit: 2 });
      expect(page.items).toEqual([first, wider]);
      expect(await models.list({ limit: 2, cursor: page.nextCursor! })).toEqual({ items: [renamed] });
    });

    test("are described as they were last", async () => {
      const { models } = current().catalog;
      const first = await models.register(hashing);
      current().advance(1);
      const described = { ...hashing, provider: "subprocess", maxTokens: 512 };
      const changed = await models.register(described);
      expect(changed).toEqual({ ...first, ...described, updatedAt: "2026-01-31T09:30:00.001Z" });
      expect((await models.list()).items).toEqual([changed]);
    });

    test.each<readonly [string, Partial<ModelAttributes>]>([
      ["name", { name: "" }],
      ["name", { name: "x".repeat(256) }],
      ["provider", { provider: "a\nb" }],
      ["dimension", { dimension: 15 }],
      ["dimension", { dimension: 4_097 }],
      ["max_tokens", { maxTokens: 0 }],
      ["fingerprint", { fingerprint: "" }],
      ["fingerprint", { fingerprint: "x".repeat(4_097) }],
    ])("refuse a %s that cannot be", async (field, bad) => {
      const { models } = current().catalog;
      await expectRefusal(models.register({ ...hashing, ...bad }), "invalid_argument", [field]);
      expect(await models.list()).toEqual({ items: [] });
    });

    test("that do not exist are not found", async () => {
      await expectRefusal(current().catalog.models.get(nobody), "not_found");
    });
  });
}
