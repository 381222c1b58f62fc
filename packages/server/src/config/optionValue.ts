import { assertNever, type FieldViolation } from "@akidb/base";
import { nearest, suggestion } from "./nearest.ts";
import type { OptionSpec, OptionValue } from "./optionSpec.ts";

/** What one source (file, environment, flags) says about an option, not yet checked. */
export interface GivenValue {
  /** `AKIDB_REST_PORT`, `--port`, `config.toml` */
  readonly source: string;
  /** As TOML has it. */
  readonly raw: unknown;
}

/**
 * The text of an environment variable or flag as TOML would have it, so that all sources are checked alike; text that
 * is not of the option's type stays text.
 */
export function rawFromText(spec: OptionSpec, text: string): unknown {
  switch (spec.type) {
    case "boolean":
      return text === "true" ? true : text === "false" ? false : text;
    case "number":
      return /^\d+(\.\d+)?$/.test(text) ? Number(text) : text;
    case "integer":
      return /^[+-]?\d+(_\d+)*$/.test(text) ? Number(text.replaceAll("_", "")) : text;
    case "optional list":
      return listFromText(text);
    default:
      return text;
  }
}

/** A string that were cut at its spaces would not be what a shell makes of it. */
function listFromText(text: string): unknown {
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) ? parsed : text;
  } catch {
    return text;
  }
}

export type CheckedValue =
  | { readonly ok: true; readonly value: OptionValue }
  | { readonly ok: false; readonly problem: FieldViolation };

export function checkValue(name: string, spec: OptionSpec, { raw, source }: GivenValue): CheckedValue {
  if (isValid(spec, raw)) {
    return { ok: true, value: isAbsent(raw) ? undefined : raw };
  }
  const meant =
    spec.type === "enum" && typeof raw === "string" ? nearest(raw.toLowerCase(), spec.values) : undefined;
  const shown = spec.isSecret === true ? "the value" : describeRaw(raw);
  const detail = `${shown} in ${source} is not ${expected(spec)}${suggestion(meant)}`;
  return { ok: false, problem: { path: name, detail } };
}

/** Where it may not be absent, it is not valid either. */
const isAbsent = (raw: OptionValue & {}): boolean =>
  (typeof raw === "string" || typeof raw === "object") && raw.length === 0;

function isValid(spec: OptionSpec, raw: unknown): raw is OptionValue & {} {
  switch (spec.type) {
    case "boolean":
      return typeof raw === "boolean";
    case "integer":
      return Number.isSafeInteger(raw) && (raw as number) >= spec.min && (raw as number) <= spec.max;
    case "number":
      return typeof raw === "number" && raw >= spec.min && raw <= spec.max;
    case "enum":
      return typeof raw === "string" && spec.values.includes(raw);
    case "string":
      return typeof raw === "string" && raw !== "";
    case "optional string":
      return typeof raw === "string";
    case "optional list":
      return Array.isArray(raw) && raw.every((each) => typeof each === "string" && !each.includes("\0"));
    case "path":
      // The file system's own complaint about NUL would come late and name no option.
      return typeof raw === "string" && raw !== "" && !raw.includes("\0");
    default:
      return assertNever(spec);
  }
}

/** What would be right, as it ends "is not …". */
function expected(spec: OptionSpec): string {
  switch (spec.type) {
    case "boolean":
      return "true or false";
    case "integer":
      return `a whole number${spec.unit === undefined ? "" : ` of ${spec.unit}`} from ${spec.min} to ${spec.max}`;
    case "number":
      return `a number from ${spec.min} to ${spec.max}`;
    case "enum":
      return `one of ${spec.values.join(", ")}`;
    case "string":
      return "a string of at least one character";
    case "optional string":
      return "a string";
    case "optional list":
      return 'a list of strings such as ["python3", "program.py"]';
    case "path":
      return "the path of a directory";
    default:
      return assertNever(spec);
  }
}

const shownCharactersMax = 60;

function describeRaw(raw: unknown): string {
  if (typeof raw === "number" || typeof raw === "boolean") return String(raw);
  if (typeof raw !== "string")
    return Array.isArray(raw) ? "an array" : raw instanceof Date ? "a date" : "a table";
  return JSON.stringify(raw.length > shownCharactersMax ? `${raw.slice(0, shownCharactersMax)}…` : raw);
}
