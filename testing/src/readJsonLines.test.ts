import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readJsonLines } from "./readJsonLines.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "json-lines-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("reads a row a line and skips blank lines", () => {
  const path = join(folder, "rows.jsonl");
  writeFileSync(path, '{"a":1}\r\n\n{"a":2}');
  expect(readJsonLines(path)).toEqual([{ a: 1 }, { a: 2 }]);
});

test("names the line that is not JSON", () => {
  const path = join(folder, "rows.jsonl");
  writeFileSync(path, '{"a":1}\n\nnot\n');
  expect(() => readJsonLines(path)).toThrow(`${path}:3 is not a line of JSON`);
});
