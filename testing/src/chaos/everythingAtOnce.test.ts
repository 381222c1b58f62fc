import { mkdtempSync, rmSync } from "node:fs";
import { platform, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runEverythingAtOnce } from "./everythingAtOnce.ts";

const seed = 5;
/** Elsewhere nothing tells what a process has taken of the processor. */
const starvedShare = platform() === "linux" ? 0.1 : undefined;

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "akidb-chaos-"));
});
afterAll(() => rmSync(directory, { recursive: true }));

it(`with a tenth of a core nothing fails, and what dies with its store is whole again (seed ${seed})`, async () => {
  const report = await runEverythingAtOnce({
    ...{ directory, seed, rounds: 1, aliveMsMax: 1_500, awayMsMax: 100, wholeMsMax: 60_000 },
    ...{ collectionCount: 1, pauseMs: 2, ...(starvedShare !== undefined && { starvedShare }) },
  });
  expect(report.faults).toEqual([]);
  expect(report.rounds).toMatchObject([{ round: 1 }]);
  expect(report.rounds[0]!.verified).toBeGreaterThan(0);
}, 120_000);
