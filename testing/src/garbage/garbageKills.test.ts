import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runKilled } from "../failpoints/killedRun.ts";
import { checkAfterwards, garbageProgram, prepare } from "./garbageKills.ts";

let root: string;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "akidb-garbage-kills-"));
  await prepare(root);
});
afterAll(() => rmSync(root, { recursive: true }));

/** `npm run test:crash -- --garbage` kills at all points. */
it.each([
  ["sync objects/@temporary/<hex>", ["unfinished_upload"]],
  ["rename collections/<id>", []],
] as const)(
  "killed at %s, all that was left goes, and everything answers",
  async (point, kinds) => {
    const kill = { point, occurrence: 1, moment: "before", delayMicroseconds: 0 } as const;
    const run = await runKilled({ program: garbageProgram, root }, kill);
    expect(run.wasKilled).toBe(true);
    const { items } = await checkAfterwards(run);
    expect([...new Set(items.map(({ kind }) => kind))]).toEqual(kinds);
  },
  60_000,
);
