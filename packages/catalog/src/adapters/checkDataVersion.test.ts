import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { checkDataVersion } from "./checkDataVersion.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "akidb-version-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

const versionFile = () => join(directory, "VERSION");
const refusal = (message: RegExp) =>
  expect.objectContaining({ code: "failed_precondition", message: expect.stringMatching(message) });

test("marks a directory that holds nothing of ours", () => {
  writeFileSync(join(directory, "LOCK"), "");
  mkdirSync(join(directory, "lost+found"));
  checkDataVersion(directory);
  expect(readFileSync(versionFile(), "utf8")).toBe("2\n");
  expect(readdirSync(directory).sort()).toEqual(["LOCK", "VERSION", "lost+found"]);
  checkDataVersion(directory);
});

test("takes the mark with or without the end of its line", () => {
  writeFileSync(versionFile(), "2");
  checkDataVersion(directory);
  expect(readFileSync(versionFile(), "utf8")).toBe("2");
});

test.each<[string, RegExp]>([
  ["3\n", /format version 3, .* reads version 2: use the version that wrote it, or a newer one$/],
  ["1\n", /format version 1, .* reads version 2: migrate it/],
  ["", /is damaged/],
  ["two\n", /is damaged/],
  ["2\n2\n", /is damaged/],
])("refuses %j", (text, message) => {
  writeFileSync(versionFile(), text);
  expect(() => checkDataVersion(directory)).toThrow(refusal(message));
  expect(readFileSync(versionFile(), "utf8")).toBe(text);
});

test.each(["catalog.db", "collections"])("refuses a directory with %s that has lost its mark", (name) => {
  mkdirSync(join(directory, name));
  expect(() => checkDataVersion(directory)).toThrow(refusal(new RegExp(`has ${name} but no VERSION`)));
  expect(readdirSync(directory)).toEqual([name]);
});

test("refuses a mark that cannot be read, and a directory that is none", () => {
  mkdirSync(versionFile());
  expect(() => checkDataVersion(directory)).toThrow(refusal(/cannot be read or written \(EISDIR\)/));
  expect(() => checkDataVersion(join(directory, "none"))).toThrow(refusal(/\(ENOENT\)/));
});
