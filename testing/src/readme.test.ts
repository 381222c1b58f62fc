import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type ServerProcess, startServerProcess } from "./serverProcess.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const bin = join(root, "packages/akidb/bin/akidb.js");
const readme = readFileSync(join(root, "README.md"), "utf8");
const hasCurl = (() => {
  try {
    execFileSync("curl", ["--version"]);
    return true;
  } catch {
    return false;
  }
})();

let directory: string;
let server: ServerProcess;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "akidb-readme-"));
  server = await startServerProcess(directory);
});
afterAll(async () => {
  await server.stop();
  rmSync(directory, { recursive: true });
});

const blocks = (language: string): readonly string[] =>
  [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms"))].map(([, code]) => code!);

/** What stands in the README, against this test's server and data directory, under this Node. */
async function runInShell(commands: string): Promise<string> {
  const script = commands
    .replaceAll("http://127.0.0.1:8080", server.url)
    .replaceAll("npx akidb", `"${process.execPath}" "${bin}"`);
  const env = { ...process.env, AKIDB_DB_PATH: directory };
  const { stdout } = await promisify(execFile)("bash", ["-euo", "pipefail", "-c", script], {
    cwd: root,
    env,
  });
  return stdout;
}

it.skipIf(!hasCurl)(`the README's commands run${hasCurl ? "" : " (skipped: there is no curl)"}`, async () => {
  const [quickStart, commandLine, ...others] = blocks("sh");
  expect(others).toEqual([]);
  const answer = await runInShell(quickStart!);
  expect(answer).toContain('"text":"A write-ahead log makes acknowledged writes survive a crash"');
  expect(answer).not.toContain('"errors"');
  const output = await runInShell(commandLine!);
  expect(output).toMatch(/planets\s+8\s+8\s+0/);
  expect(output).toMatch(/^1 .*jupiter/m);
  expect(output).toMatch(/^8$/m);
  expect(output).toContain("docs/decisions/0002-write-ahead-log-format.md");
});

it("the README's program runs", async () => {
  const [program, ...others] = blocks("ts");
  expect(others).toEqual([]);
  const code = program!.replace("./data", join(directory, "in-process"));
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", code], {
    cwd: root,
  });
  expect(stdout).toBe("Knead the dough for ten minutes\n");
});

it("the README's links lead somewhere", () => {
  for (const [, target] of readme.matchAll(/\]\((?!http|#)([^)#]+)/g)) {
    expect(() => readFileSync(join(root, target!)), target).not.toThrow();
  }
});
