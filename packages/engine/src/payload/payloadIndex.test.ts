import type { JsonObject } from "@akidb/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { matchesFilter } from "../filter/matchesFilter.ts";
import { parseFilter } from "../filter/parseFilter.ts";
import { PayloadIndex } from "./payloadIndex.ts";
import { filter, metadata } from "./randomMetadata.test.data.ts";
import { hasRow } from "./rowBitset.ts";
import { isExact } from "./rowSets.ts";

interface Options {
  readonly fieldsMax: number;
  readonly distinctMax: number;
}

function checkAgainstDocuments(
  options: Options,
  documents: readonly JsonObject[],
  wanted: JsonObject,
): boolean {
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
  const parsed = parseFilter(wanted);
  const found = index.find(parsed, documents.length);
  for (const [row, document] of rows) {
    const passes = matchesFilter(document, parsed);
    if (passes) expect(hasRow(found.upper, row)).toBe(true);
    else expect(hasRow(found.lower, row)).toBe(false);
    if (isExact(found)) expect(hasRow(found.lower, row)).toBe(passes);
  }
  return isExact(found);
}

describe("the payload index agrees with a look at every document", () => {
  const documents = fc.array(metadata, { minLength: 1, maxLength: 40 });

  it("with room for all", () => {
    let exactCount = 0;
    let count = 0;
    fc.assert(
      fc.property(documents, filter, (all, wanted) => {
        count += 1;
        if (checkAgainstDocuments({ fieldsMax: 100, distinctMax: 100 }, all, wanted)) exactCount += 1;
      }),
      { numRuns: 2_000 },
    );
    expect(exactCount / count).toBeGreaterThan(0.8);
  });

  it("with more texts than a dictionary takes", () => {
    fc.assert(
      fc.property(documents, filter, (all, wanted) => {
        checkAgainstDocuments({ fieldsMax: 100, distinctMax: 2 }, all, wanted);
      }),
      { numRuns: 1_000 },
    );
  });

  it("with more fields than get an index", () => {
    fc.assert(
      fc.property(documents, filter, (all, wanted) => {
        checkAgainstDocuments({ fieldsMax: 2, distinctMax: 100 }, all, wanted);
      }),
      { numRuns: 1_000 },
    );
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
