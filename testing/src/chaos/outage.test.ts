import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { allNetworkFaults } from "./allNetworkFaults.ts";
import { runOutage } from "./outage.ts";

const seed = 11;

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "akidb-chaos-"));
});
afterAll(() => rmSync(directory, { recursive: true }));

it(`while the network to the object store fails, all on the machine is served, and nothing is lost (seed ${seed})`, async () => {
  const report = await runOutage({
    directory,
    seed,
    durationMs: 150,
    faults: allNetworkFaults,
    tuning: {
      retry: { attemptsMax: 2, firstDelayMs: 1, delayMaxMs: 5 },
      idleTimeoutMs: 60,
      circuit: { restMs: 20, restMsMax: 40, probeTimeoutMs: 500 },
      deadLetters: { firstRestMs: 20, restMsMax: 100 },
    },
    drainMsMax: 20_000,
  });
  expect(report.faults).toEqual([]);
  expect(report.openings).toBeGreaterThan(0);
  expect(report.deadLettersMax).toBeGreaterThan(0);
  expect(report.restarts).toBe(1);
}, 60_000);
