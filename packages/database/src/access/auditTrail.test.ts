import type { Catalog, NewAuditEntry } from "@akidb/catalog";
import { expect, test } from "vitest";
import { AuditTrail } from "./auditTrail.ts";

const entryOf = (resourceId: string) => ({ resourceId }) as NewAuditEntry;

/** Keeps what was appended, batch by batch, and fails when it is told to. */
function recordingLog() {
  const batches: string[][] = [];
  const state = { fails: false };
  const append = async (entries: readonly NewAuditEntry[]) => {
    await new Promise((resolve) => setImmediate(resolve));
    if (state.fails) throw new Error("disk full");
    batches.push(entries.map(({ resourceId }) => resourceId));
    return [];
  };
  return { batches, state, trail: new AuditTrail({ auditLog: { append } } as unknown as Catalog, "denied") };
}

test("what comes in one turn is appended at once, in order, and durable when it resolves", async () => {
  const { batches, trail } = recordingLog();
  const names = Array.from({ length: 20 }, (_, at) => `e${at}`);
  await Promise.all(
    names.map(async (name) => {
      await trail.append([entryOf(name)]);
      expect(batches.flat()).toContain(name);
    }),
  );
  expect(batches).toEqual([names]);
});

test("a batch is bounded, and what does not fit follows", async () => {
  const { batches, trail } = recordingLog();
  const three = ["a", "b", "c"].map(entryOf);
  await Promise.all(Array.from({ length: 200 }, () => trail.append(three)));
  expect(batches.flat()).toHaveLength(600);
  expect(Math.max(...batches.map((batch) => batch.length))).toBeLessThanOrEqual(256);
  expect(batches).toHaveLength(3);
});

test("whoever appends as soon as it is answered is served", async () => {
  const { batches, trail } = recordingLog();
  for (let round = 0; round < 5; round++) {
    await Promise.all(["a", "b"].map((name) => trail.append([entryOf(`${name}${round}`)])));
    await trail.append([entryOf(`c${round}`)]);
  }
  expect(batches.flat()).toHaveLength(15);
  await trail.idle();
});

test("a batch that fails fails for all that are in it, and the next is tried", async () => {
  const { batches, state, trail } = recordingLog();
  state.fails = true;
  const failed = await Promise.allSettled(["a", "b"].map((name) => trail.append([entryOf(name)])));
  expect(failed.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  state.fails = false;
  await trail.append([entryOf("c")]);
  expect(batches).toEqual([["c"]]);
});

test("more than the disk takes is refused at once", async () => {
  const { trail } = recordingLog();
  const many = Array.from({ length: 10_000 }, () => entryOf("e"));
  const first = trail.append(many);
  await expect(trail.append([entryOf("one too many")])).rejects.toMatchObject({ code: "unavailable" });
  await first;
  await trail.append([entryOf("later")]);
});
