import { type JsonObject, type JsonValue, noDeadline } from "@akidb/base";
import fc from "fast-check";
import { expect, it } from "vitest";
import { elementsOf, parseFieldPath, valuesAt } from "../filter/fieldPath.ts";
import type { Scalar } from "../filter/filter.ts";
import { isScalar } from "../filter/scalar.ts";
import { indexedCharactersMax } from "../payload/fieldIndex.ts";
import { PayloadIndex, type PayloadIndexOptions } from "../payload/payloadIndex.ts";
import { addRow, emptyRowBitset } from "../payload/rowBitset.ts";
import { countValues } from "./countValues.ts";
import { mostFrequent } from "./mostFrequent.ts";

const long = "long ".repeat(indexedCharactersMax / 4);
const scalar = fc.constantFrom<JsonValue>(
  ...[null, true, false, 0, -0, 1, 1.5, -2, "", "a", "b", "1", "2024-01-01", "2024-01-01T00:00:00Z", long],
  `${long}x`,
);
const key = fc.constantFrom("a", "b", "c.d");
const { value } = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 2 },
    { weight: 3, arbitrary: scalar },
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(key, tie("value"), { maxKeys: 2 }),
  ),
}));
const metadata = fc.dictionary(key, value, { maxKeys: 3 }) as fc.Arbitrary<JsonObject>;
const documents = fc.array(fc.tuple(metadata, fc.boolean()), { minLength: 1, maxLength: 50 });
const field = fc.constantFrom("a", "b", "a.b", "b.a", "c\\.d", "missing");
const limit = fc.integer({ min: 1, max: 30 });

/** By looking at every document, in the order of false, true, numbers, texts, null. */
function countedByHand(all: readonly JsonObject[], path: readonly string[]) {
  const counts = new Map<Scalar, number>();
  for (const document of all) {
    const values = new Set(elementsOf(valuesAt(document, path)).filter(isScalar));
    for (const each of values) counts.set(each === 0 ? 0 : each, (counts.get(each) ?? 0) + 1);
  }
  const ordered = [...counts.keys()].sort((a, b) => {
    const rank = (each: Scalar) => ["boolean", "number", "string", "object"].indexOf(typeof each);
    return rank(a) - rank(b) || (a! < b! ? -1 : 1);
  });
  return ordered.map((each) => ({ value: each, count: counts.get(each)! })).sort((a, b) => b.count - a.count);
}

it.each<[string, PayloadIndexOptions, number]>([
  ["from dictionaries", { fieldsMax: 100, distinctMax: 100 }, 500],
  ["of fields with too many texts", { fieldsMax: 100, distinctMax: 1 }, 300],
  ["of fields without an index", { fieldsMax: 1, distinctMax: 100 }, 300],
])("counts as a look at every document does, %s", async (_name, options, numRuns) => {
  await fc.assert(
    fc.asyncProperty(documents, field, limit, async (all, wanted, limit) => {
      const index = new PayloadIndex(options);
      const rows = emptyRowBitset(all.length);
      for (const [row, [document, isWanted]] of all.entries()) {
        index.add(row, document);
        if (isWanted) addRow(rows, row);
      }
      const path = parseFieldPath(wanted)!;
      const metadataAt = (row: number) => JSON.stringify(all[row]![0]);
      const deadline = noDeadline();
      const counts = await countValues({ index, path, rows, metadataAt, deadline });
      const expected = countedByHand(
        all.filter(([, isWanted]) => isWanted).map(([document]) => document),
        path,
      );
      expect(await mostFrequent(counts, limit, deadline)).toEqual(expected.slice(0, limit));
      expect(counts.size).toBe(expected.length);
    }),
    { numRuns },
  );
});

it("counts many values of many rows, in documents where few match", async () => {
  const index = new PayloadIndex({ fieldsMax: 10, distinctMax: 100_000 });
  const document = (row: number): JsonObject => ({
    n: row % 7_001,
    text: `text ${row % 5}`,
    own: `own ${row}`,
  });
  const rowCount = 30_000;
  const all = emptyRowBitset(rowCount);
  const few = emptyRowBitset(rowCount);
  for (let row = 0; row < rowCount; row++) {
    index.add(row, document(row));
    addRow(all, row);
    if (row % 3_000 === 0) addRow(few, row);
  }
  let readCount = 0;
  const metadataAt = (row: number) => {
    readCount += 1;
    return JSON.stringify(document(row));
  };
  const deadline = noDeadline();
  const top = async (field: string, rows: Uint32Array) =>
    await mostFrequent(await countValues({ index, path: [field], rows, metadataAt, deadline }), 2, deadline);
  expect(await top("n", all)).toEqual([
    { value: 0, count: 5 },
    { value: 1, count: 5 },
  ]);
  expect(await top("text", all)).toEqual([
    { value: "text 0", count: 6_000 },
    { value: "text 1", count: 6_000 },
  ]);
  expect(await top("own", all)).toHaveLength(2);
  expect(readCount).toBe(0);
  expect(await top("own", few)).toEqual([
    { value: "own 0", count: 1 },
    { value: "own 12000", count: 1 },
  ]);
  expect(readCount).toBe(10);
});
