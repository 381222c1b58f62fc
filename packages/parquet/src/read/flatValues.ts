import { idToBytes, type JsonValue, parseId } from "@akidb/base";
import type { SchemaElement } from "hyparquet";
import { idBytes } from "../documentColumns.ts";
import { timeUnitOf } from "./columnPlan.ts";
import type { FlatValue } from "./flatColumn.ts";
import { damaged, invalid } from "./parquetFileError.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function toText(value: FlatValue): string | null {
  if (value === null) return null;
  try {
    return utf8.decode(value as Uint8Array);
  } catch {
    throw invalid("is not UTF-8");
  }
}

/** @returns JSON of an object; null for none, and for JSON's own null */
export function toMetadata(value: FlatValue): string | null {
  const text = toText(value);
  if (text === null) return null;
  let parsed: JsonValue;
  try {
    parsed = JSON.parse(text) as JsonValue;
  } catch {
    throw invalid("is not JSON");
  }
  if (parsed === null) return null;
  if (typeof parsed !== "object" || Array.isArray(parsed)) throw invalid("is JSON, but not an object");
  return text;
}

/** @returns 16 bytes, from 16 bytes or a UUID's text */
export function toIdBytes(value: FlatValue, { type }: SchemaElement): Uint8Array {
  if (value === null) throw invalid("is null; leave the column out where identifiers are to be made");
  if (type === "FIXED_LEN_BYTE_ARRAY") {
    if ((value as Uint8Array).length !== idBytes) throw damaged("has identifiers of a wrong length");
    return value as Uint8Array;
  }
  const text = toText(value)!;
  const id = parseId<"document">(text);
  if (id === undefined) {
    throw invalid(
      `is "${text.slice(0, 40)}", not a UUID; identifiers of other kinds belong into external_id`,
    );
  }
  return idToBytes(id);
}

/** The furthest time from 1970 that a Date can hold. */
const timeMsMax = 8.64e15;
const nanosecondsPerDay = 86_400_000_000_000n;
/** Of 1970-01-01. */
const julianDay = 2_440_588n;

/** @returns whole milliseconds since 1970, rounded down; NaN for null */
export function toTimeMs(value: FlatValue, element: SchemaElement): number {
  if (value === null) return Number.NaN;
  const ticks = value as bigint;
  const ms =
    element.type === "INT96"
      ? floorDivide(
          ((ticks >> 64n) - julianDay) * nanosecondsPerDay + (ticks & 0xffff_ffff_ffff_ffffn),
          1_000_000n,
        )
      : floorDivide(ticks, BigInt(timeUnitOf(element)! / 1_000));
  if (ms > timeMsMax || ms < -timeMsMax) throw invalid("is a time that is out of range");
  return Number(ms);
}

function floorDivide(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor;
  return quotient * divisor > value ? quotient - 1n : quotient;
}

/** @returns NaN for null */
export function toVersion(value: FlatValue): number {
  if (value === null) return Number.NaN;
  const version = Number(value);
  if (!(Number.isSafeInteger(version) && version >= 1)) throw invalid(`is ${value}; a version is 1 or more`);
  return version;
}
