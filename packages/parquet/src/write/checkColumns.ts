import { type FieldViolation, invalidArguments } from "@akidb/base";
import { type DocumentColumns, idBytes } from "../documentColumns.ts";
import { findNonFinite } from "../format/findNonFinite.ts";

/** The furthest time from 1970 that a Date can hold. */
const timeMsMax = 8.64e15;

/** Refuses columns that cannot be written, before anything of them is. */
export function checkColumns(columns: DocumentColumns, dimension: number): void {
  const violations = [...lengthViolations(columns, dimension)];
  if (violations.length === 0) violations.push(...valueViolations(columns, dimension));
  if (violations.length > 0) throw invalidArguments(violations);
}

function* lengthViolations(columns: DocumentColumns, dimension: number): Iterable<FieldViolation> {
  const { rowCount } = columns;
  const lengths: readonly (readonly [path: string, length: number, perRow: number])[] = [
    ["id", columns.ids.length, idBytes],
    ["external_id", columns.externalIds.length, 1],
    ["vector", columns.vectors.length, dimension],
    ["text", columns.texts.length, 1],
    ["metadata", columns.metadata.length, 1],
    ["inserted_at", columns.insertedAtMs.length, 1],
    ["updated_at", columns.updatedAtMs.length, 1],
    ["version", columns.versions.length, 1],
    ["expires_at", columns.expiresAtMs.length, 1],
  ];
  for (const [path, length, perRow] of lengths) {
    const expected = rowCount * perRow;
    if (length !== expected) {
      yield { path, detail: `has ${length} entries; ${rowCount} documents need ${expected}` };
    }
  }
}

function* valueViolations(columns: DocumentColumns, dimension: number): Iterable<FieldViolation> {
  const at = findNonFinite(columns.vectors);
  if (at >= 0) {
    const path = `documents[${Math.floor(at / dimension)}].vector[${at % dimension}]`;
    yield { path, detail: "must be finite" };
  }
  yield* numberViolations(
    "inserted_at",
    columns.insertedAtMs,
    isTimeMs,
    "must be whole milliseconds since 1970",
  );
  yield* numberViolations(
    "updated_at",
    columns.updatedAtMs,
    isTimeMs,
    "must be whole milliseconds since 1970",
  );
  yield* numberViolations(
    "expires_at",
    columns.expiresAtMs,
    (value) => Number.isNaN(value) || isTimeMs(value),
    "must be whole milliseconds since 1970, or NaN",
  );
  yield* numberViolations("version", columns.versions, isVersion, "must be a whole number, 1 or more");
}

const isTimeMs = (value: number) => Number.isInteger(value) && Math.abs(value) <= timeMsMax;
const isVersion = (value: number) => Number.isSafeInteger(value) && value >= 1;

function* numberViolations(
  path: string,
  values: Float64Array,
  isValid: (value: number) => boolean,
  detail: string,
): Iterable<FieldViolation> {
  const row = values.findIndex((value) => !isValid(value));
  if (row >= 0) yield { path: `documents[${row}].${path}`, detail };
}
