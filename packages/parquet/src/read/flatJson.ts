import { idFromBytes, type JsonValue } from "@akidb/base";
import type { SchemaElement } from "hyparquet";
import { parseFloat16 } from "hyparquet/src/convert.js";
import { idBytes } from "../documentColumns.ts";
import { timeUnitOf } from "./columnPlan.ts";
import type { FlatValue } from "./flatColumn.ts";
import { toText, toTimeMs } from "./flatValues.ts";
import { invalid } from "./parquetFileError.ts";

/** How a value of a column becomes JSON; undefined is none. Throws a ParquetFault where JSON cannot have it. */
export type ToJson = (value: Exclude<FlatValue, null>) => JsonValue | undefined;

/** A double holds 15 decimal digits of any number. */
const decimalDigitsMax = 15;
const msPerDay = 86_400_000;

/**
 * Integers beyond 2^53 and decimals of more than 15 digits become text, so that no digit is lost; times are ISO 8601 in
 * UTC, to the millisecond, and UUIDs have their usual form. NaN, by which data frames mean "missing", is left out.
 *
 * @returns undefined for a type that JSON has nothing for
 */
export function flatJsonOf(element: SchemaElement): ToJson | undefined {
  const { type, type_length: length, converted_type: converted, logical_type: logical } = element;
  if (converted === "DECIMAL" || logical?.type === "DECIMAL") return decimalOf(element);
  switch (type) {
    case "BOOLEAN":
      return (value) => value as boolean;
    case "FLOAT":
    case "DOUBLE":
      return (value) => finite(value as number);
    case "INT96":
      return (value) => isoTime(toTimeMs(value, element));
    case "INT32":
    case "INT64":
      return integerOf(element);
    case "BYTE_ARRAY":
      if (converted === "BSON" || logical?.type === "GEOMETRY" || logical?.type === "GEOGRAPHY")
        return undefined;
      return converted === "JSON" || logical?.type === "JSON" ? parsedJson : (value) => toText(value)!;
    case "FIXED_LEN_BYTE_ARRAY":
      if (logical?.type === "FLOAT16") return (value) => finite(parseFloat16(value as Uint8Array)!);
      if (length === idBytes && converted === undefined) return (value) => idFromBytes(value as Uint8Array);
      return undefined;
    default:
      return undefined;
  }
}

function integerOf(element: SchemaElement): ToJson {
  const { type, converted_type: converted, logical_type: logical } = element;
  if (converted === "DATE" || logical?.type === "DATE")
    return (value) => isoTime(Number(value) * msPerDay).replace(/T.*$/, "");
  if (timeUnitOf(element) !== undefined) return (value) => isoTime(toTimeMs(value, element));
  const ticksPerSecond = timeOfDayUnitOf(element);
  if (ticksPerSecond !== undefined) return (value) => timeOfDay(Number(value), ticksPerSecond);
  const isUnsigned = (logical?.type === "INTEGER" && !logical.isSigned) || converted?.startsWith("UINT_");
  const bits = type === "INT32" ? 32 : 64;
  return (value) => {
    const whole = BigInt(value as number | bigint);
    return wholeNumber(isUnsigned ? BigInt.asUintN(bits, whole) : whole);
  };
}

const timeOfDayUnitOf = ({ converted_type: converted, logical_type: logical }: SchemaElement) =>
  logical?.type === "TIME"
    ? { MILLIS: 1e3, MICROS: 1e6, NANOS: 1e9 }[logical.unit]
    : { TIME_MILLIS: 1e3, TIME_MICROS: 1e6 }[converted as string];

/** `09:30:00.25` */
function timeOfDay(ticks: number, ticksPerSecond: number): string {
  const seconds = Math.floor(ticks / ticksPerSecond);
  const fraction = String(ticks % ticksPerSecond).padStart(String(ticksPerSecond).length - 1, "0");
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const time = parts.map((part) => String(part).padStart(2, "0")).join(":");
  return ticks % ticksPerSecond === 0 ? time : `${time}.${fraction.replace(/0+$/, "")}`;
}

function decimalOf({ type, scale, logical_type: logical }: SchemaElement): ToJson {
  const digits = scale ?? (logical?.type === "DECIMAL" ? logical.scale : 0) ?? 0;
  return (value) => {
    const unscaled = type === "INT32" || type === "INT64" ? BigInt(value as number) : bigEndian(value);
    const sign = unscaled < 0n ? "-" : "";
    const text = String(unscaled < 0n ? -unscaled : unscaled).padStart(digits + 1, "0");
    const point = text.length - digits;
    const decimal = `${sign}${text.slice(0, point)}${digits > 0 ? `.${text.slice(point)}` : ""}`;
    return text.replace(/^0+/, "").length > decimalDigitsMax ? decimal : Number(decimal);
  };
}

function bigEndian(value: FlatValue): bigint {
  const bytes = value as Uint8Array;
  let whole = 0n;
  for (const byte of bytes) whole = (whole << 8n) | BigInt(byte);
  return BigInt.asIntN(8 * bytes.length, whole);
}

const wholeNumber = (value: bigint): JsonValue =>
  Number.isSafeInteger(Number(value)) ? Number(value) : String(value);

function finite(value: number): number | undefined {
  if (Number.isNaN(value)) return undefined;
  if (!Number.isFinite(value)) throw invalid(`is ${value}, which JSON cannot have`);
  return value;
}

function isoTime(timeMs: number): string {
  const time = new Date(timeMs);
  if (Number.isNaN(time.getTime())) throw invalid("is a time that is out of range");
  return time.toISOString();
}

function parsedJson(value: FlatValue): JsonValue {
  try {
    return JSON.parse(toText(value)!) as JsonValue;
  } catch (error) {
    if (error instanceof SyntaxError) throw invalid("is not JSON");
    throw error;
  }
}
