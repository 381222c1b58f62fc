import type { CollectionId, TieringPolicy } from "@akidb/base";
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { decideTiers, type TierRow } from "./decideTiers.ts";
import { accessWindowMs, defaultTierRules, type TierRules } from "./tierRules.ts";

const dayMs = 86_400_000;
const nowMs = 1_000 * dayMs;

const row = (given: Partial<Omit<TierRow, "id">> & { readonly id?: string } = {}): TierRow => ({
  tier: "hot",
  pinned: false,
  policy: "memory_s3",
  idleSinceMs: nowMs,
  accessCount: 0,
  windowStartMs: nowMs,
  isVisiting: false,
  memoryBytes: 1,
  diskBytes: 1,
  ...given,
  id: (given.id ?? "a") as CollectionId,
});

const decide = (rows: readonly TierRow[], rules: Partial<TierRules> = {}, isStoreLasting = true) =>
  decideTiers(rows, { rules: { ...defaultTierRules, ...rules }, nowMs, isStoreLasting }).map(
    ({ id, to }) => `${id} ${to}`,
  );

describe("a collection", () => {
  it.each<[string, Partial<TierRow>, readonly string[]]>([
    ["used just now stays", {}, []],
    ["idle for less than 7 days stays", { idleSinceMs: nowMs - 7 * dayMs + 1 }, []],
    ["idle for 7 days gets warm", { idleSinceMs: nowMs - 7 * dayMs }, ["a warm"]],
    ["that is hot gets no more than warm at once", { idleSinceMs: 0 }, ["a warm"]],
    ["warm for less than 30 days stays", { tier: "warm", idleSinceMs: nowMs - 30 * dayMs + 1 }, []],
    ["warm for 30 days gets cold", { tier: "warm", idleSinceMs: nowMs - 30 * dayMs }, ["a cold"]],
    ["of the policy memory does not", { tier: "warm", idleSinceMs: 0, policy: "memory" }, []],
    ["that is pinned does not", { tier: "warm", idleSinceMs: 0, pinned: true }, []],
    ["that is cold stays so", { tier: "cold", idleSinceMs: 0 }, []],
    [
      "at home in the store leaves memory after an hour",
      { policy: "s3_only", idleSinceMs: nowMs - accessWindowMs },
      ["a warm"],
    ],
    ["on probation stays for an hour", { isVisiting: true, windowStartMs: nowMs - accessWindowMs + 1 }, []],
    [
      "hardly wanted within it goes back",
      { isVisiting: true, accessCount: 2, windowStartMs: nowMs - accessWindowMs },
      ["a back"],
    ],
    ["wanted three times within it stays for good", { isVisiting: true, accessCount: 3 }, ["a stay"]],
    ["on probation that gets pinned stays for good", { isVisiting: true, pinned: true }, ["a stay"]],
    ["of a clock that was set back stays", { idleSinceMs: nowMs + 100 * dayMs }, []],
  ])("%s", (_, given, moves) => expect(decide([row(given)])).toEqual(moves));

  it("gets no colder than warm where the store ends with the process", () => {
    expect(decide([row({ tier: "warm", idleSinceMs: 0 })], {}, false)).toEqual([]);
  });
});

describe("a ceiling", () => {
  const rows = ["a", "b", "c", "d"].map((id, at) =>
    row({ id, idleSinceMs: nowMs - (10 - at) * accessWindowMs, memoryBytes: 10, diskBytes: 10 }),
  );

  it("of memory takes those used least recently, and no more than needed", () => {
    expect(decide(rows, { hotMemoryBytesMax: 25 })).toEqual(["a warm", "b warm"]);
    expect(decide(rows, { hotMemoryBytesMax: 40 })).toEqual([]);
  });

  it("passes over what is pinned", () => {
    const pinned = rows.map((each, at) => ({ ...each, pinned: at === 0 }));
    expect(decide(pinned, { hotMemoryBytesMax: 25 })).toEqual(["b warm", "c warm"]);
  });

  it("of the disk takes of the same hour what costs least, and nothing that may not go", () => {
    const warm = rows.map((each, at) => ({
      ...each,
      tier: "warm" as const,
      idleSinceMs: nowMs,
      diskBytes: [30, 20, 10, 5][at]!,
      policy: (at === 3 ? "memory" : "memory_s3") as TieringPolicy,
    }));
    expect(decide(warm, { warmDiskBytesMax: 40 })).toEqual(["c cold", "b cold"]);
  });
});

test("whatever there is, each moves once and none that is pinned gets colder, and what is left keeps to the ceiling or cannot go", () => {
  const rowOf = fc.record({
    tier: fc.constantFrom("hot" as const, "warm" as const, "cold" as const),
    pinned: fc.boolean(),
    policy: fc.constantFrom<TieringPolicy>("memory", "memory_s3", "s3_only"),
    idleSinceMs: fc.integer({ min: nowMs - 40 * dayMs, max: nowMs + dayMs }),
    accessCount: fc.nat(5),
    windowStartMs: fc.option(fc.integer({ min: nowMs - dayMs, max: nowMs }), { nil: undefined }),
    isVisiting: fc.boolean(),
    memoryBytes: fc.nat(100),
    diskBytes: fc.nat(100),
  });
  fc.assert(
    fc.property(fc.array(rowOf, { maxLength: 30 }), fc.nat(500), (given, hotMemoryBytesMax) => {
      const rows = given.map((each, at) => row({ ...each, id: `c${at}` }));
      const rules = { ...defaultTierRules, hotMemoryBytesMax };
      const moves = decideTiers(rows, { rules, nowMs, isStoreLasting: true });
      const byId = new Map(rows.map((each) => [each.id, each]));
      expect(new Set(moves.map(({ id }) => id)).size).toBe(moves.length);
      for (const { id, to } of moves) {
        const { tier, pinned, policy } = byId.get(id)!;
        expect(tier).not.toBe("cold");
        if (pinned) expect(to).toBe("stay");
        if (to === "cold" || to === "back") expect(policy).not.toBe("memory");
        if (to === "cold") expect(tier).toBe("warm");
      }
      const gone = new Set(moves.flatMap(({ id, to }) => (to === "stay" ? [] : [id])));
      const left = rows.filter(({ id, tier }) => tier === "hot" && !gone.has(id));
      const bytes = left.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0);
      if (hotMemoryBytesMax > 0 && bytes > hotMemoryBytesMax) {
        expect(left.every(({ pinned }) => pinned)).toBe(true);
      }
    }),
  );
});
