import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { runCrashRounds } from "./crashRounds.ts";

const seed = 41;
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "akidb-crash-"));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

it(`loses nothing that was acknowledged to kill -9 (seed ${seed})`, async () => {
  const report = await runCrashRounds({ directory, rounds: 2, seed });
  expect(report.losses).toEqual([]);
  expect(report.acknowledged).toBeGreaterThan(0);
  expect(report.verified).toBeGreaterThan(0);
  expect(report.chunked).toBeGreaterThan(0);
}, 120_000);

it("would notice a loss: an acknowledged end of a log, cut off behind the server's back", async () => {
  const afterKill = () => {
    for (const collection of readdirSync(join(directory, "collections"))) {
      const wal = join(directory, "collections", collection, "wal");
      // A collection that the kill caught in its creation may have no log yet.
      const newestName = existsSync(wal) ? readdirSync(wal).sort().at(-1) : undefined;
      if (newestName === undefined) continue;
      const newest = join(wal, newestName);
      const { size } = statSync(newest);
      if (size > 20_000) truncateSync(newest, size - 10_000);
    }
  };
  const report = await runCrashRounds({ directory, rounds: 3, seed, afterKill });
  expect(report.losses).not.toEqual([]);
}, 120_000);
