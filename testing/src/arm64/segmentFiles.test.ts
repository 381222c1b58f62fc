import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { differingFiles } from "./differingFiles.ts";
import { type FileReport, readSegmentFiles, writeSegmentFiles } from "./segmentFiles.ts";

const rowCount = 300;
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "akidb-arm64-"));
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

const directoryOf = (name: string): string => {
  const directory = join(root, name);
  mkdirSync(directory, { recursive: true });
  return directory;
};
const write = (name: string) => writeSegmentFiles({ directory: directoryOf(name), rowCount });
const read = (name: string) => readSegmentFiles({ directory: directoryOf(name), rowCount });
const faulty = (reports: readonly FileReport[]) => reports.filter(({ faults }) => faults.length > 0);

it("writes the same bytes every time, and reads them as they were written", async () => {
  const written = await write("one");
  // Two builds, three quantizations, three metrics.
  expect(written).toHaveLength(18);
  expect(faulty(written)).toEqual([]);
  expect(faulty(await read("one"))).toEqual([]);
  await write("other");
  expect(readdirSync(directoryOf("one"))).toHaveLength(36);
  expect(differingFiles(directoryOf("one"), directoryOf("other"))).toEqual([]);
});

it("notices an answer that is another, a byte that is another, and a file that is missing", async () => {
  await write("one");
  await write("other");
  const altered = join(directoryOf("one"), "base-int8-l2.json");
  writeFileSync(altered, readFileSync(altered, "utf8").replace('"rows":[', '"rows":[7,'));
  expect(faulty(await read("one")).map(({ name }) => name)).toEqual(["base-int8-l2"]);
  rmSync(join(directoryOf("other"), "relaxed-none-dot.segment"));
  expect(differingFiles(directoryOf("one"), directoryOf("other"))).toEqual([
    "base-int8-l2.json",
    "relaxed-none-dot.segment",
  ]);
});
