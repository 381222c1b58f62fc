import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runKilled } from "../failpoints/killedRun.ts";
import type { KillPoint } from "../failpoints/killPoint.ts";
import { checkAfterwards, prepare, tierProgram } from "./tierKills.ts";
import { runTierLife } from "./tierLife.ts";

let root: string;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "akidb-tiers-"));
  await prepare(root);
});
afterAll(() => rmSync(root, { recursive: true }));

/** Of all that `npm run test:tiers -- --kills` tries: before and behind what decides. */
const kills: readonly (Pick<KillPoint, "point" | "moment"> & { readonly occurrence?: number })[] = [
  { point: "write COLD.json", moment: "during" },
  { point: "rm wal", moment: "after" },
];

it.each(kills)(
  "a process that is killed $moment $point loses nothing",
  async (kill) => {
    const history = { program: tierProgram, root };
    const run = await runKilled(history, { occurrence: 1, delayMicroseconds: 50, ...kill });
    expect(run.wasKilled).toBe(true);
    await checkAfterwards(run);
  },
  60_000,
);

it("a collection is equal in every bit in each stage of its life: { seed: 5 }", async () => {
  const stages: string[] = [];
  const directory = join(root, "life");
  const life = { directory, objectStore: {}, seed: 5, documentCount: 300, dimension: 16 };
  await runTierLife({ ...life, say: (line) => stages.push(line.split(":")[0]!) });
  expect(stages).toHaveLength(10);
}, 60_000);
