import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runKilled } from "../failpoints/killedRun.ts";
import type { KillPoint } from "../failpoints/killPoint.ts";
import { checkAfterwards, deadLetterProgram, prepare } from "./deadLetterKills.ts";

let root: string;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "akidb-dead-letter-kills-"));
  await prepare(root);
});
afterAll(() => rmSync(root, { recursive: true }));

/** Noted and not begun, done and not removed; all others: `npm run test:crash -- --dead-letters`. */
const kills: readonly Pick<KillPoint, "point" | "occurrence" | "moment">[] = [
  { point: "dlq.db: insert or replace", occurrence: 3, moment: "after" },
  { point: "dlq.db: delete from dead_letters", occurrence: 1, moment: "before" },
];

it.each(kills)("what is killed $moment $point brings all to the object store, once", async (kill) => {
  const killed = await runKilled({ program: deadLetterProgram, root }, { ...kill, delayMicroseconds: 50 });
  expect(killed.wasKilled).toBe(true);
  await checkAfterwards(killed);
});
