import { execFileSync } from "node:child_process";
import { SeededRandom, systemClock } from "@akidb/base";
import { expect, it } from "vitest";
import { systemFiles } from "../adapters/systemFiles.ts";
import { systemMachine } from "../adapters/systemMachine.ts";
import { systemPipes } from "../adapters/systemPipes.ts";
import { runProgram } from "../program.ts";
import { recordingTerminal } from "../terminal/recordingTerminal.test.support.ts";

async function completion(shell: string): Promise<string> {
  const terminal = recordingTerminal();
  await runProgram(["completion", shell], {
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

it.each([
  [["akidb", "coll"], ["collections"]],
  [
    ["akidb", "collections", ""],
    ["list", "create", "get", "update", "delete"],
  ],
  [["akidb", "collections", "create", "books", "--dim"], ["--dimension"]],
  [["akidb", "--database", "x", "query", "--top"], ["--top-k"]],
  [["akidb", "policies", "simulate", "--js"], ["--json"]],
])("bash completes %j", async (words, expected) => {
  const script = `${await completion("bash")}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length - 1}; _akidb; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const completed = execFileSync("bash", ["-c", script], { encoding: "utf8" }).trim().split("\n");
  expect(completed).toEqual(expect.arrayContaining(expected));
  for (const word of completed) expect(word.startsWith(words.at(-1)!)).toBe(true);
});

it.each(["zsh", "fish"])("knows every command in %s", async (shell) => {
  const script = await completion(shell);
  for (const name of ["import", "collections update", "policies simulate", "audit verify", "completion"]) {
    expect(script).toContain(name.split(" ").at(-1));
  }
  expect(script).toContain(shell === "zsh" ? "'collections update')" : "__akidb_is collections update");
});

it("says which shells there are", async () => {
  await expect(completion("tcsh")).rejects.toThrow("is not one of bash, zsh, fish");
  await expect(completion("toString")).rejects.toThrow("is not one of bash, zsh, fish");
});
