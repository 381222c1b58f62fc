import { readFileSync } from "node:fs";
import { SeededRandom, systemClock } from "@akidb/base";
import { errorMapping } from "@akidb/client";
import type { Command } from "commander";
import { describe, expect, it } from "vitest";
import { systemFiles } from "./adapters/systemFiles.ts";
import { systemMachine } from "./adapters/systemMachine.ts";
import { systemPipes } from "./adapters/systemPipes.ts";
import { createProgram } from "./program.ts";
import { recordingTerminal } from "./terminal/recordingTerminal.test.support.ts";

/** What they print is no data, or all of it is a file of a form of its own. */
const withoutJson = ["serve", "init", "mcp", "completion", "demo", "snapshots download", "audit export"];

const terminal = recordingTerminal();
const program = createProgram({
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

interface Leaf {
  readonly path: string;
  readonly command: Command;
}

const leavesOf = (command: Command, path: readonly string[] = []): readonly Leaf[] =>
  command.commands.length === 0
    ? [{ path: path.join(" "), command }]
    : command.commands.flatMap((sub) => leavesOf(sub, [...path, sub.name()]));

function helpOf(command: Command): string {
  const before = terminal.printed.length;
  command.outputHelp();
  return terminal.printed.slice(before);
}

/** Their lines, without what comes behind a pipe or in quotes. */
function examplesOf(command: Command): readonly string[] {
  const [, section = ""] = helpOf(command).split("\nExamples:\n");
  return section
    .split("\n\n", 1)[0]!
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

const leaves = leavesOf(program);

describe("every command", () => {
  it("is found", () => {
    expect(leaves.length).toBeGreaterThan(60);
    const paths = leaves.map(({ path }) => path);
    expect(paths).toEqual(
      expect.arrayContaining([...withoutJson, "collections delete", "query", "db revert"]),
    );
  });

  it.each(leaves)("$path says what it does, in a sentence", ({ command }) => {
    expect(command.description()).toMatch(/^[A-Z][\s\S]*\.$/);
    for (const { long, description } of command.options) expect(description, long).not.toBe("");
  });

  it.each(leaves)("$path has examples of itself, with options that it has", ({ path, command }) => {
    const lines = examplesOf(command);
    expect(lines.length).toBeGreaterThan(0);
    const options = command.options.map(({ long }) => long);
    for (const line of lines) {
      const own = line
        .split(/ \| | > /)
        .find((part) => (path === "serve" ? /\bakidb\b/ : new RegExp(`\\bakidb ${path}\\b`)).test(part));
      expect(own, line).toBeDefined();
      const flags = own!.replaceAll(/'[^']*'|"[^"]*"/g, "").match(/(?<= )--[a-z][a-z0-9-]*/g) ?? [];
      for (const flag of flags) expect(options, line).toContain(flag);
    }
  });

  it.each(leaves)("$path prints its data as JSON where it is asked", ({ path, command }) => {
    const hasJson = command.options.some(({ long }) => long === "--json");
    expect(hasJson).toBe(!withoutJson.includes(path));
  });
});

it("the exit codes are documented, each once", () => {
  const page = readFileSync(new URL("../../../docs/cli.md", import.meta.url), "utf8");
  const documented = [...page.matchAll(/^\| (\d+) \| (?:`(\w+)`)?/gm)].map(([, code, name]) => [
    Number(code),
    name,
  ]);
  const codes = Object.entries(errorMapping)
    .map(([name, { exitCode }]) => [exitCode, name])
    .sort(([a], [b]) => Number(a) - Number(b));
  expect(documented).toEqual([[0, undefined], [1, undefined], ...codes]);
  const help = helpOf(program);
  for (const [code, name] of codes) expect(help).toMatch(new RegExp(`^ {2}${code} +${name}$`, "m"));
});
