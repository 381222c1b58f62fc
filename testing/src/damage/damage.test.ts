import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { runDamageRounds } from "./damageRounds.ts";

const seed = 7;
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "akidb-damage-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

it(`answers with what was written, or reports the damage (seed ${seed})`, async () => {
  const { faults, rounds } = await runDamageRounds({ directory, rounds: 30, seed });
  expect(faults).toEqual([]);
  // Every kind of file came up, and not all of it was harmless.
  expect(new Set(rounds.map(({ kind }) => kind)).size).toBeGreaterThan(10);
  expect(new Set(rounds.map(({ outcome }) => outcome)).size).toBeGreaterThan(2);
}, 120_000);
