import { deepStrictEqual, ok } from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type AkiDb, type Clock, type GarbageReport, systemClock } from "@akidb/base";
import { open } from "@akidb/database";
import { builtUrl } from "../builtUrl.ts";
import type { KilledRun } from "../failpoints/killedRun.ts";

/** Makes a snapshot, sends it, restores it, and re-embeds the collection: files of all kinds are in the making. */
export const garbageProgram = builtUrl(import.meta.url, "./garbageChild.js");

/** A month later: nothing is too young to go. */
const clock: Clock = {
  nowMs: () => systemClock.nowMs() + 30 * 24 * 3_600_000,
  monotonicMs: () => systemClock.monotonicMs(),
};

/** Names that nothing has for long. */
const passing = /\.(creating|restoring|replaced|downloading|deleted|unwanted|tmp|new)(\/|$)|@temporary\/./;

export async function prepare(root: string): Promise<void> {
  const db = await open({ path: join(root, "prepared"), wal: { sync: "never" } });
  await db.createCollection({ name: "books", dimension: 16, tieringPolicy: "memory_s3" });
  await db.collection("books").upsert([{ externalId: "first", text: "a text" }]);
  await db.close();
}

/**
 * What a crash has left goes with the next start and one look for garbage, and nothing else does.
 *
 * @returns what the look has removed
 */
export async function checkAfterwards({ directory }: Pick<KilledRun, "directory">): Promise<GarbageReport> {
  const first = await open({ path: directory, wal: { sync: "never" }, clock });
  const report = await look(first, false);
  await first.close();
  deepStrictEqual(report.problems, []);
  ok(report.items.every(({ isRemoved }) => isRemoved));
  const db = await open({ path: directory, wal: { sync: "never" }, clock });
  await settled(db);
  deepStrictEqual((await look(db, true)).items, []);
  const books = db.collection("books");
  deepStrictEqual((await books.get("first", { include: ["text"] })).text, "a text");
  deepStrictEqual((await books.query({ text: "a text", topK: 1 })).matches[0]?.externalId, "first");
  for (const { id, state } of (await books.listSnapshots()).items) {
    deepStrictEqual(state, "ready");
    await books.restoreSnapshot(id, { into: "copy" });
    await db.deleteCollection("copy");
  }
  await db.close();
  const left = (readdirSync(directory, { recursive: true }) as string[]).filter((path) => passing.test(path));
  deepStrictEqual(left, []);
  return report;
}

const look = (db: AkiDb, dryRun: boolean): Promise<GarbageReport> =>
  db.collectGarbage({ dryRun, olderThanSeconds: 3_600 });

/** What a killed process had begun goes on. */
async function settled(db: AkiDb): Promise<void> {
  const { reembedding } = db.collection("books");
  for (;;) {
    const state = await reembedding.get().then(
      (info) => info.state,
      () => "none",
    );
    if (state === "flipped" || state === "none") return;
    await pause(5);
  }
}
