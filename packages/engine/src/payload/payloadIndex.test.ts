import type { JsonObject } from "@akidb/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { filterMatcher } from "../filter/filterMatcher.ts";
import { matchesFilter } from "../filter/matchesFilter.ts";
import { parseFilter } from "../filter/parseFilter.ts";
import { estimateMatches } from "./estimateMatches.ts";
import { effortNs, FindEffort } from "./findEffort.ts";
import { PayloadIndex } from "./payloadIndex.ts";
import { filter, metadata } from "./randomMetadata.test.data.ts";
import { countRows, hasRow } from "./rowBitset.ts";
import { isExact, type RowSets } from "./rowSets.ts";

interface Options {
  readonly fieldsMax: number;
  readonly distinctMax: number;
}

/** @returns of how many filters the index told of every document */
function checkAgainstDocuments(
  options: Options,
  documents: readonly JsonObject[],
  filters: readonly JsonObject[],
): number {
  const index = new PayloadIndex(options);
  const rows = new Map(documents.entries());
  for (const [row, document] of rows) index.add(row, document);
  // Every third document is replaced in its place.
  for (const [row, document] of documents.entries()) {
    if (row % 3 !== 0) continue;
    const patched = documents[documents.length - 1 - row]!;
    index.remove(row, document);
    index.add(row, patched);
    rows.set(row, patched);
  }
  let exactCount = 0;
  for (const wanted of filters) {
    const parsed = parseFilter(wanted);
    const found = index.find(parsed, documents.length);
    const isWhole = isExact(found);
    if (isWhole) exactCount += 1;
    // Enough for a condition or two, and no more.
    const cut = index.find(parsed, documents.length, new FindEffort(effortNs.operand));
    const matches = filterMatcher(parsed);
    for (const [row, document] of rows) {
      const isMatch = matches(document);
      if (isMatch !== matchesFilter(document, parsed) || !isWithin(cut, row, isMatch)) {
        expect.fail(`${JSON.stringify(wanted)} and ${JSON.stringify(document)}, made ready: ${isMatch}`);
      }
      const [mustPass, mayPass] = [hasRow(found.lower, row), hasRow(found.upper, row)];
      const passes = matchesFilter(document, parsed);
      if (passes ? mayPass && (mustPass || !isWhole) : !mustPass && !(mayPass && isWhole)) continue;
      expect.fail(`${JSON.stringify(wanted)} and ${JSON.stringify(document)}: ${passes}`);
    }
    const estimate = estimateMatches(parsed, index, documents.length);
    expect(estimate >= 0 && estimate <= documents.length, `an estimate of ${estimate}`).toBe(true);
  }
  return exactCount;
}

const isWithin = ({ lower, upper }: RowSets, row: number, passes: boolean): boolean =>
  passes ? hasRow(upper, row) : !hasRow(lower, row);

it("leaves to the documents what would take too long in one go", () => {
  const index = new PayloadIndex({ fieldsMax: 10, distinctMax: 10_000 });
  for (let row = 0; row < 2_000; row++) index.add(row, { text: `text number ${row}`, n: row });
  const texts = Array.from({ length: 1_000 }, (_, at) => ({ text: { $contains: `number ${at}` } }));
  const few = { $or: texts.slice(0, 20) };
  expect(isExact(index.find(parseFilter(few), 2_000))).toBe(true);
  const { lower, upper } = index.find(parseFilter({ $or: texts }), 2_000);
  expect([countRows(lower) < 1_000, countRows(upper)]).toEqual([true, 2_000]);
  const numbers = Array.from({ length: 9_000 }, (_, n) => n);
  const both = parseFilter({
    $and: [{ n: { $in: numbers } }, { n: { $in: numbers } }, ...texts.slice(0, 1)],
  });
  expect(isExact(index.find(both, 2_000))).toBe(true);
  const more = Array.from({ length: 4 }, () => ({ n: { $in: numbers } }));
  expect(isExact(index.find(parseFilter({ $and: [...more, ...texts.slice(0, 1)] }), 2_000))).toBe(false);
});

describe("the payload index agrees with a look at every document", () => {
  const documents = fc.array(metadata, { minLength: 1, maxLength: 40 });
  const filters = fc.array(filter, { minLength: 5, maxLength: 5 });

  /** Ten thousand filters in all. */
  it.each<[string, Options, number]>([
    ["with room for all", { fieldsMax: 100, distinctMax: 100 }, 1_200],
    ["with more texts than a dictionary takes", { fieldsMax: 100, distinctMax: 2 }, 400],
    ["with more fields than get an index", { fieldsMax: 2, distinctMax: 100 }, 400],
  ])("%s", (_, options, numRuns) => {
    let exactCount = 0;
    fc.assert(
      fc.property(documents, filters, (all, wanted) => {
        exactCount += checkAgainstDocuments(options, all, wanted);
      }),
      { numRuns },
    );
    if (options.fieldsMax === 100 && options.distinctMax === 100) {
      expect(exactCount / (5 * numRuns)).toBeGreaterThan(0.8);
    }
  });
});

it("holds many rows of many values, and finds each", () => {
  const index = new PayloadIndex({ fieldsMax: 10, distinctMax: 1_000 });
  const rowCount = 20_000;
  const document = (row: number): JsonObject => ({
    n: (row * 7_919) % rowCount,
    few: `t${row % 7}`,
    many: `text ${row}`,
    at: { lat: ((row * 37) % 1_700) / 10 - 85, lon: ((row * 53) % 3_500) / 10 - 175 },
    // So many in a degree that bands are looked up one by one.
    dense: { lat: ((row * 37) % 1_000) / 1_000, lon: ((row * 53) % 3_500) / 10 - 175 },
  });
  for (let row = 0; row < rowCount; row++) index.add(row, document(row));
  for (let row = 0; row < rowCount; row += 2) index.remove(row, document(row));
  for (const wanted of [
    { n: { $gte: 100, $lt: 5_000 } },
    { few: "t3" },
    { few: { $ne: "t3" }, n: { $lt: 10_000 } },
    { many: "text 1235" },
    { at: { $geo_box: { top_left: { lat: 10, lon: -20 }, bottom_right: { lat: -10, lon: 40 } } } },
    { at: { $geo_radius: { center: { lat: 50, lon: 179 }, radius_m: 900_000 } } },
    { dense: { $geo_box: { top_left: { lat: 0.7, lon: 170 }, bottom_right: { lat: 0.2, lon: -160 } } } },
    { dense: { $geo_radius: { center: { lat: 0.5, lon: 20 }, radius_m: 30_000 } } },
  ]) {
    const parsed = parseFilter(wanted);
    const found = index.find(parsed, rowCount);
    for (let row = 0; row < rowCount; row++) {
      const passes = row % 2 === 1 ? matchesFilter(document(row), parsed) : matchesFilter({}, parsed);
      if (hasRow(found.lower, row) !== passes && !(passes && hasRow(found.upper, row))) {
        expect.fail(`row ${row} and ${JSON.stringify(wanted)}`);
      }
    }
  }
});

it("counts the memory of texts as they come and go", () => {
  const index = new PayloadIndex({ fieldsMax: 10, distinctMax: 1_000 });
  const rows = Array.from({ length: 3_000 }, (_, row) => ({ row, metadata: { tag: `tag ${row % 700}` } }));
  for (const { row, metadata } of rows) index.add(row, metadata);
  const full = index.memoryBytes;
  expect(full).toBeGreaterThan(700 * "tag 100".length);
  for (const { row, metadata } of rows) if (row % 700 >= 350) index.remove(row, metadata);
  const half = index.memoryBytes;
  for (const { row, metadata } of rows) if (row % 700 < 350) index.remove(row, metadata);
  const empty = index.memoryBytes;
  expect((full - empty) / (half - empty)).toBeCloseTo(2, 1);
});

it("finds no row from the end that was asked for on", () => {
  const index = new PayloadIndex({ fieldsMax: 10, distinctMax: 10 });
  for (let row = 0; row < 200; row++) index.add(row, { is: true, nothing: null, text: "a", n: 1 });
  for (const field of ["is", "nothing", "text", "n"]) {
    for (const wanted of [{ $exists: true }, { $in: [true, null, "a", 1] }, { $contains: "a" }]) {
      const { lower, upper } = index.find(parseFilter({ [field]: wanted }), 70);
      for (let row = 70; row < 96; row++)
        expect([hasRow(lower, row), hasRow(upper, row)]).toEqual([false, false]);
    }
  }
});
