import { expect, it } from "vitest";
import { runModel } from "./modelRun.ts";

it.each([41, 42])(
  "a collection equals a Map through graph, compaction and reopening (seed %i)",
  async (seed) => {
    const report = await runModel({ seed, durationMs: 5_000 });
    expect(report.faults).toEqual([]);
    expect(report.recallAt10).toBeGreaterThanOrEqual(0.95);
    expect(report.searches).toBeGreaterThan(0);
  },
);
