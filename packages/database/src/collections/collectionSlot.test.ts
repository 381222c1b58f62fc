import { type CollectionId, noDeadline, type TenantId } from "@akidb/base";
import type { CollectionRecord } from "@akidb/catalog";
import { expect, it } from "vitest";
import { CollectionSlot } from "./collectionSlot.ts";
import type { Opening } from "./opening.ts";

const damage = {
  id: "1" as CollectionId,
  name: "docs",
  reason: "its files cannot be read: EMFILE",
  damages: [],
};

function slotOf(openings: readonly Opening[]) {
  const left = [...openings];
  return new CollectionSlot({
    record: { id: damage.id, name: damage.name } as CollectionRecord,
    tenantId: "acme" as TenantId,
    open: async () => left.shift()!,
    damages: [],
    configure: () => {},
    settle: async () => "settled",
    writeSummary: async () => {},
    tier: { isCold: () => false, isPinned: () => false, isReadInPlace: () => false, noteAccess: () => {} },
    onOpened: () => {},
    onClosed: () => {},
    onCloseFailure: () => {},
    nowMs: () => 0,
  });
}

it("tries again where the machine had not what it takes, and never where a file is damaged", async () => {
  const slot = slotOf([
    { kind: "failed", damage, cause: new Error("EMFILE") },
    { kind: "failed", damage, cause: new Error("EMFILE") },
    { kind: "damaged", damage },
  ]);
  const first = [slot.acquire(noDeadline()), slot.acquire(noDeadline())];
  for (const refusal of await Promise.allSettled(first)) {
    expect(refusal).toMatchObject({ reason: { code: "unavailable", retryAfterMs: 1_000 } });
  }
  expect(slot.damage).toEqual(damage);
  await slot.open();
  expect(slot.damage).toEqual(damage);
  for (let attempt = 0; attempt < 2; attempt++) {
    await expect(slot.acquire(noDeadline())).rejects.toMatchObject({ code: "failed_precondition" });
  }
  expect(slot.isUsed).toBe(false);
});

it("belongs to nobody once it is retired", async () => {
  const slot = slotOf([]);
  await slot.retire();
  expect(await slot.acquire(noDeadline())).toBeUndefined();
  await slot.open();
  expect(slot.isUsed).toBe(false);
});
