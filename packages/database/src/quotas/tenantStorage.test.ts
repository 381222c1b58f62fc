import type { CollectionId, TenantId } from "@akidb/base";
import { beforeEach, expect, it } from "vitest";
import { TenantQuotas } from "./tenantQuotas.ts";
import { type CollectionFilesState, TenantStorage } from "./tenantStorage.ts";

const tenantId = "acme" as TenantId;
const storageQuotaBytes = 1_000;
const ids = ["a", "b", "c"] as CollectionId[];

let nowMs: number;
let states: Map<CollectionId, CollectionFilesState>;
let bytes: Map<CollectionId, number>;
let measured: CollectionId[];
let storage: TenantStorage;

const set = (id: CollectionId, state: Partial<CollectionFilesState>) =>
  states.set(id, { id, isOpen: true, isUsed: false, useCount: 0, ...states.get(id), ...state });

beforeEach(() => {
  nowMs = 10_000;
  states = new Map();
  for (const id of ids) set(id, {});
  bytes = new Map(ids.map((id) => [id, 100]));
  measured = [];
  const get = async () => ({ memoryQuotaBytes: 0, storageQuotaBytes, qpsQuota: 1 });
  storage = new TenantStorage({
    tenantId,
    quotas: new TenantQuotas({ tenants: { get } } as never),
    collections: () => states.values(),
    measure: async (id) => {
      measured.push(id);
      return bytes.get(id) ?? 0;
    },
    clock: { nowMs: () => nowMs, monotonicMs: () => nowMs },
  });
});

/** @returns what was looked at for it */
async function makeRoom(wantedBytes = 1): Promise<readonly CollectionId[]> {
  measured = [];
  using _room = await storage.makeRoom(wantedBytes);
  return measured;
}

it("looks at nobody else's files for each of many new collections", async () => {
  expect(await makeRoom()).toEqual(ids);
  const made = "d" as CollectionId;
  set(made, {});
  storage.changed(made);
  expect(await makeRoom()).toEqual([made]);
});

it("looks again at those that were used, are used, were opened, or may have written by themselves", async () => {
  await makeRoom();
  set(ids[0]!, { useCount: 2 });
  set(ids[1]!, { isUsed: true });
  expect(await makeRoom()).toEqual(ids.slice(0, 2));
  set(ids[1]!, { isUsed: false });
  set(ids[2]!, { isOpen: false });
  expect(await makeRoom()).toEqual(ids.slice(2));
  nowMs += 1_000;
  expect(await makeRoom()).toEqual(ids.slice(0, 2));
});

it("refuses what does not fit, and tells what is taken now", async () => {
  bytes.set(ids[0]!, 750);
  await expect(makeRoom(51)).rejects.toMatchObject({ code: "quota_exceeded" });
  expect(await makeRoom(50)).toEqual([]);
  bytes.set(ids[0]!, 5);
  expect(await storage.measure()).toBe(205);
});
