import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runKilled } from "../failpoints/killedRun.ts";
import type { KillPoint } from "../failpoints/killPoint.ts";
import { checkAfterwards, prepare, reembedProgram } from "./reembedKills.ts";
import { runReembedLoad } from "./reembedLoad.ts";

let root: string;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "akidb-reembed-"));
  await prepare(root);
});
afterAll(() => rmSync(root, { recursive: true }));

/** While it copies, and right before the commit that decides; all others: `npm run test:reembed -- --kills`. */
const kills: readonly Pick<KillPoint, "point" | "occurrence" | "moment">[] = [
  { point: "write g1/wal/<lsn>.wal", occurrence: 2, moment: "during" },
  { point: "catalog.db: update collections set", occurrence: 1, moment: "after" },
];

it.each(kills)("what is killed $moment $point goes on with the next start", async (kill) => {
  const killed = await runKilled({ program: reembedProgram, root }, { ...kill, delayMicroseconds: 50 });
  expect(killed.wasKilled).toBe(true);
  await checkAfterwards(killed);
});

it("fails no search and no write, and says how far it is", async () => {
  const seed = 20_270_102;
  const report = await runReembedLoad({
    ...{ directory: join(root, "served"), seed, documentCount: 300, searchesPerSecond: 100 },
    ...{ fromDimension: 64, toDimension: 128, isKilled: false, settleMs: 200 },
    say: () => {},
  });
  expect(report, `seed ${seed}`).toMatchObject({ failed: [], empty: 0, wrong: 0, untruths: [] });
  expect(report.searches).toBeGreaterThan(10);
});
