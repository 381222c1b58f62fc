import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SeededRandom, systemClock } from "@akidb/base";
import { afterAll, beforeAll, expect, it } from "vitest";
import { systemFiles } from "../adapters/systemFiles.ts";
import { systemMachine } from "../adapters/systemMachine.ts";
import { systemPipes } from "../adapters/systemPipes.ts";
import { runProgram } from "../program.ts";
import { recordingTerminal } from "../terminal/recordingTerminal.test.support.ts";

const orphanName = "collections/01a00000-0000-7000-8000-000000000001";

let folder: string;
let orphan: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "akidb-gc-command-"));
  orphan = join(folder, "data", orphanName);
  await akidb("collections", "create", "books", "--dimension", "16");
  mkdirSync(orphan);
  const file = join(orphan, "documents.db");
  writeFileSync(file, new Uint8Array(2_048));
  for (const path of [file, orphan]) utimesSync(path, 1_000, 1_000);
});
afterAll(() => rmSync(folder, { recursive: true }));

async function akidb(...args: readonly string[]): Promise<string> {
  const terminal = recordingTerminal();
  await runProgram([...args, "--data-dir", join(folder, "data")], {
    terminal,
    files: systemFiles,
    machine: systemMachine,
    pipes: systemPipes,
    environment: {},
    clock: systemClock,
    random: new SeededRandom(1),
    version: "1.2.3",
    exitWith: () => {},
  });
  return terminal.printed;
}

it("gc shows what it would remove, asks, and removes it", async () => {
  const shown = await akidb("gc", "--dry-run");
  expect(shown).toMatch(/^KIND +NAME +FILES +SIZE +MODIFIED/);
  expect(shown).toMatch(new RegExp(`orphan_directory +${orphanName} +1 +2.0 kB +1970-01-01`));
  expect(shown).toMatch(/would remove 2.0 kB\n$/);
  await expect(akidb("gc")).rejects.toMatchObject({ code: "invalid_argument" });
  await expect(akidb("gc", "--older-than-hours", "0", "--yes")).rejects.toThrow(/older-than-hours/);
  expect(existsSync(orphan)).toBe(true);
  expect(JSON.parse(await akidb("gc", "--yes", "--json"))).toEqual({
    garbage: [
      {
        kind: "orphan_directory",
        name: orphanName,
        bytes: 2_048,
        count: 1,
        modified_at: "1970-01-01T00:16:40.000Z",
        removed: true,
      },
    ],
    removed_bytes: 2_048,
    problems: [],
  });
  expect(existsSync(orphan)).toBe(false);
  expect(await akidb("gc", "--yes")).toBe("removed 0 B\n");
});

it("dlq lists nothing where nothing has failed, and has nothing to retry", async () => {
  expect(await akidb("dlq", "list")).toBe("");
  expect(JSON.parse(await akidb("dlq", "list", "--json"))).toEqual([]);
  await expect(akidb("dlq", "retry", "01a00000-0000-7000-8000-000000000001")).rejects.toMatchObject({
    code: "not_found",
  });
});

it("circuit-breaker reset says how it is now", async () => {
  expect(await akidb("circuit-breaker", "reset")).toBe("object_store: closed\n");
  expect(JSON.parse(await akidb("circuit-breaker", "reset", "--json"))).toEqual({
    circuit_breakers: [{ service: "object_store", state: "closed", reason: null }],
  });
});
