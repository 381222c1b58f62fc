import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";

const testing = fileURLToPath(new URL("../..", import.meta.url));
const page = readFileSync(join(testing, "../docs/integrations.md"), "utf8");

/** Programs one after the other in one process, which loads once what they share: each a block with imports of its own. */
const oneProgram = (programs: readonly string[]): string =>
  programs
    .map((program) => program.replace(/^import (\{.*\}) from (".*");$/gm, "const $1 = await import($2);"))
    .map((program) => `{\n${program}\n}`)
    .join("\n");

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "akidb-integrations-page-"));
});
afterAll(() => rmSync(directory, { recursive: true }));

it("the page's programs run", async () => {
  const programs = [...page.matchAll(/^```ts\n(.*?)^```/gms)].map(([, program]) => program!);
  expect(programs).toHaveLength(3);
  const code = oneProgram(programs).replaceAll("./data", directory);
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", code], {
    cwd: testing,
  });
  expect(stdout.trimEnd().split("\n")).toEqual([
    "A write-ahead log makes writes survive a crash",
    "1",
    "true 1",
    "Knead the dough for ten minutes",
  ]);
});
