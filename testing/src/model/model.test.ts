import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { runModel } from "./modelRun.ts";
import type { ModelStep } from "./modelStep.ts";
import { type ModelFixture, replayModel, shrinkSteps } from "./replayModel.ts";

it.each([41, 42])(
  "a collection equals a Map through graph, compaction, snapshots, crashes and reopening (seed %i)",
  async (seed) => {
    const report = await runModel({ seed, durationMs: 3_000 });
    expect(report.faults).toEqual([]);
    expect(report.recallAt10).toBeGreaterThanOrEqual(0.95);
    expect(report.searches).toBeGreaterThan(0);
  },
);

describe("histories that are kept", () => {
  const fixtures = new URL("./fixtures/", import.meta.url);
  it.each(readdirSync(fixtures))("%s: a collection equals a Map", async (name) => {
    const fixture: ModelFixture = JSON.parse(readFileSync(new URL(name, fixtures), "utf8"));
    expect(await replayModel(fixture)).toEqual([]);
  });
});

it("a history that fails is kept as the steps that it takes", async () => {
  const steps = Array.from({ length: 40 }, (_, n): ModelStep => ({ kind: "delete", keys: [n] }));
  const has = (part: readonly ModelStep[], key: number) =>
    part.some((step) => step.kind === "delete" && step.keys.includes(key));
  const fails = async (part: readonly ModelStep[]) => has(part, 11) && has(part, 30);
  expect(await shrinkSteps(steps, fails, 200)).toEqual([steps[11], steps[30]]);
});
