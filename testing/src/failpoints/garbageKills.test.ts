import { cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, systemClock } from "@akidb/base";
import { open } from "@akidb/database";
import { afterAll, beforeAll, expect, it } from "vitest";
import { builtUrl } from "../builtUrl.ts";
import { runFailpointProcess } from "./runFailpointProcess.ts";

const child = builtUrl(import.meta.url, "./garbageChild.js");
let root: string;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "akidb-garbage-kills-"));
  const db = await open({ path: join(root, "prepared"), wal: { sync: "never" } });
  await db.createCollection({ name: "books", dimension: 16, tieringPolicy: "memory_s3" });
  await db.collection("books").upsert([{ externalId: "first", text: "a text" }]);
  await db.close();
});
afterAll(() => rmSync(root, { recursive: true }));

/** A month later: nothing is too young. */
const clock: Clock = {
  nowMs: () => systemClock.nowMs() + 30 * 24 * 3_600_000,
  monotonicMs: () => systemClock.monotonicMs(),
};
/** Names that nothing has for long. */
const passing = /\.(creating|restoring|replaced|downloading|deleted|unwanted|tmp|new)(\/|$)|@temporary\/./;

const kills = [
  ["sync objects/@temporary/<hex>", ["unfinished_upload"]],
  ["rename snapshots/<id>", []],
  ["rename collections/<id>", []],
  ["rename g1", []],
] as const;

it.each(kills)(
  "killed at %s, everything opens and answers when the garbage is gone",
  async (point, kinds) => {
    const directory = mkdtempSync(join(root, "killed-"));
    cpSync(join(root, "prepared"), directory, { recursive: true });
    const kill = { point, occurrence: 1, moment: "before", delayMicroseconds: 50 } as const;
    const { lines } = await runFailpointProcess(child, [directory], {
      root: directory,
      journal: `${directory}.journal`,
      kill,
    });
    expect(lines.filter(({ kind }) => kind !== "point")).toEqual([{ kind: "killed" }]);
    let db = await open({ path: directory, wal: { sync: "never" }, clock });
    const look = (dryRun: boolean) => db.collectGarbage({ dryRun, olderThanSeconds: 3_600 });
    const report = await look(false);
    expect([...new Set(report.items.map(({ kind }) => kind))]).toEqual(kinds);
    expect(report.items.every(({ isRemoved }) => isRemoved) && report.problems.length === 0).toBe(true);
    await db.close();
    db = await open({ path: directory, wal: { sync: "never" }, clock });
    expect((await look(true)).items).toEqual([]);
    const books = db.collection("books");
    expect((await books.get("first", { include: ["text"] })).text).toBe("a text");
    expect((await books.query({ text: "a text", topK: 1 })).matches[0]?.externalId).toBe("first");
    for (const { id, state } of (await books.listSnapshots()).items) {
      expect(state).toBe("ready");
      await books.restoreSnapshot(id, { into: "copy" });
    }
    const reembedding = () => books.reembedding.get().catch(() => undefined);
    await expect
      .poll(async () => (await reembedding())?.state ?? "none", { interval: 5 })
      .toMatch(/flipped|none/);
    await db.close();
    const left = (readdirSync(directory, { recursive: true }) as string[]).filter((path) =>
      passing.test(path),
    );
    expect(left).toEqual([]);
  },
  60_000,
);
