import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, SeededRandom, systemClock } from "@akidb/base";
import { open } from "@akidb/database";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemFiles } from "../adapters/systemFiles.ts";
import { systemMachine } from "../adapters/systemMachine.ts";
import { systemPipes } from "../adapters/systemPipes.ts";
import type { Files } from "../files.ts";
import { runProgram } from "../program.ts";
import { recordingTerminal } from "../terminal/recordingTerminal.test.support.ts";

const rowCount = 200;
const badRows = rowCount / 10;
let folder: string;
let path: string;
let data: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "akidb-resume-"));
  path = join(folder, "rows.jsonl");
  data = join(folder, "data");
  writeFileSync(path, rows());
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Documents that have no ids of their own, and every tenth row is none. */
const rows = (first = 0): string =>
  Array.from({ length: rowCount }, (_, row) =>
    row % 10 === 3 ? `{"n": ${row}}` : JSON.stringify({ vector: Array(16).fill(row + 1), n: row + first }),
  ).join("\n");

/** Files of which only so many bytes can be read, as where the process ends in the middle. */
const endingAfter = (bytesMax: number): Files => ({
  ...systemFiles,
  openInput: async (name) => {
    const { sizeBytes, chunks } = await systemFiles.openInput(name);
    async function* some(): AsyncGenerator<Uint8Array> {
      let left = bytesMax;
      for await (const chunk of chunks) {
        for (let at = 0; at < chunk.length; at += 200) {
          if (left <= 0) throw new Error("the process has ended");
          left -= 200;
          yield chunk.subarray(at, at + 200);
        }
      }
    }
    return { sizeBytes, chunks: some() };
  },
});

interface Run {
  readonly files?: Files;
  readonly clock?: Clock;
  readonly args?: readonly string[];
}

async function importRows({ files = systemFiles, clock = systemClock, args = ["--resume"] }: Run = {}) {
  const terminal = recordingTerminal();
  const command = ["import", path, "--batch-size", "10", "--json", "--data-dir", data, ...args];
  await runProgram(command, {
    terminal,
    files,
    machine: systemMachine,
    pipes: systemPipes,
    environment: {},
    clock,
    random: new SeededRandom(1),
    version: "1.2.3",
    exitWith: () => {},
  });
  return JSON.parse(terminal.printed)[0];
}

/** Every time that it is asked, seconds have gone by: each batch is noted. */
function hurriedClock(): Clock {
  let ms = 0;
  return { ...systemClock, nowMs: () => systemClock.nowMs(), monotonicMs: () => (ms += 5_000) };
}

async function numbersThere(): Promise<readonly unknown[]> {
  const db = await open({ path: data, wal: { sync: "never" } });
  try {
    const numbers: unknown[] = [];
    for await (const { metadata } of db.collection("rows").scroll()) numbers.push(metadata?.["n"]);
    return numbers.sort((a, b) => Number(a) - Number(b));
  } finally {
    await db.close();
  }
}

const expected = Array.from({ length: rowCount }, (_, row) => row).filter((row) => row % 10 !== 3);

describe("an import that ended in the middle", () => {
  it.each([
    ["before it noted anything but its beginning", systemClock],
    ["with a note behind every batch", hurriedClock()],
  ])("goes on, and every row is there once: %s", async (_, clock) => {
    await expect(importRows({ files: endingAfter(4_000), clock })).rejects.toThrow("the process has ended");
    const noted = JSON.parse(readFileSync(`${path}.import.json`, "utf8")).point.rows;
    expect(noted > 0).toBe(clock !== systemClock);
    await expect(importRows({ files: endingAfter(9_000), clock })).rejects.toThrow("the process has ended");
    expect(await importRows()).toMatchObject({
      read: rowCount,
      imported: rowCount - badRows,
      rejected: badRows,
    });
    expect(await numbersThere()).toEqual(expected);
    const rejected = readFileSync(`${path}.rejects.jsonl`, "utf8").trimEnd().split("\n");
    expect(rejected.map((line) => JSON.parse(line).row.n)).toEqual(
      Array.from({ length: badRows }, (_, at) => 10 * at + 3),
    );
    expect(existsSync(`${path}.import.json`)).toBe(false);
  });

  it.each([
    ["the file is another", [], () => writeFileSync(path, rows(1)), "of another file, or with other options"],
    [
      "the options are others",
      ["--metadata-fields", "n"],
      () => {},
      "of another file, or with other options",
    ],
    ["the note is damaged", [], () => writeFileSync(`${path}.import.json`, "{"), "no state of an import"],
    [
      "the note is of another version",
      [],
      () => writeFileSync(`${path}.import.json`, '{"version":2}'),
      "no state of an import",
    ],
  ])("is not gone on with where %s", async (_, args, change, message) => {
    await expect(importRows({ files: endingAfter(4_000) })).rejects.toThrow("the process has ended");
    change();
    await expect(importRows({ args: ["--resume", ...args] })).rejects.toThrow(message);
  });

  it("is not gone on with into another collection of its name", async () => {
    await expect(importRows({ files: endingAfter(4_000) })).rejects.toThrow("the process has ended");
    const db = await open({ path: data, wal: { sync: "never" } });
    await db.deleteCollection("rows");
    await db.close();
    await expect(importRows()).rejects.toThrow("is not the one that the import began with");
  });
});

it("the standard input cannot be gone on with", async () => {
  path = "-";
  await expect(importRows({ args: ["--resume", "--format", "jsonl", "--collection", "a"] })).rejects.toThrow(
    "--resume: needs a file",
  );
});
