import { type Include, invalidArgument, isPlainObject, type JsonObject, type Role, roles } from "@akidb/base";
import type { Include as IncludeMessage } from "@akidb/protocol/grpc";

/**
 * Fields as messages have them. What a message cannot hold is refused here, by the name that every API has for it; whether
 * a value is one of those that there may be, the server knows.
 */

export function text<Text extends string | undefined>(path: string, value: Text): Text {
  if (value === undefined) return value;
  if (typeof value !== "string") throw invalidArgument(path, "must be a string");
  if (!value.isWellFormed()) throw invalidArgument(path, "must be well-formed Unicode");
  return value;
}

/** Where the server would take what is none of them for something else. */
export function oneOf<Choice extends string | undefined>(
  path: string,
  value: Choice,
  choices: readonly Choice[],
): Choice {
  if (value === undefined || choices.includes(value)) return value;
  throw invalidArgument(path, `must be one of ${choices.join(", ")}`);
}

export const role = <Given extends Role | undefined>(path: string, value: Given): Given =>
  oneOf(path, value, roles as readonly Role[] as readonly Given[]);

/** Of a field for which an empty text means that there is none. */
export function name(path: string, value: string): string {
  const given = text(path, value);
  if (given === undefined || given === "") throw invalidArgument(path, "must be a string that is not empty");
  return given;
}

export const names = (path: string, values: readonly string[]): string[] =>
  list(path, values).map((value, index) => name(`${path}[${index}]`, value));

export function list<Item>(path: string, values: readonly Item[]): readonly Item[] {
  if (!Array.isArray(values)) throw invalidArgument(path, "must be a list");
  return values;
}

export function flag(path: string, value: boolean | undefined): boolean | undefined {
  if (value === undefined || typeof value === "boolean") return value;
  throw invalidArgument(path, "must be true or false");
}

export function number(path: string, value: number | undefined): number | undefined {
  if (value === undefined || typeof value === "number") return value;
  throw invalidArgument(path, "must be a number");
}

/** A whole number: messages have none below 0, and every one beyond 32 bits is beyond what the field may be, too. */
export function whole32(path: string, value: number | undefined): number | undefined {
  return value === undefined ? undefined : Math.min(wholeNumber(path, value), 2 ** 32 - 1);
}

export const whole64 = (path: string, value: number | undefined): number | undefined =>
  value === undefined ? undefined : wholeNumber(path, value);

function wholeNumber(path: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw invalidArgument(path, "must be a whole number, and not below 0");
}

/** Whatever the compiler was told, it may be null. */
export function object<Input extends object>(path: string, value: Input): Input {
  if (typeof value === "object" && value !== null) return value;
  throw invalidArgument(path, "must be an object");
}

export function struct(path: string, value: JsonObject | undefined): JsonObject | undefined {
  if (value === undefined) return undefined;
  if (!isPlainObject(value)) throw invalidArgument(path, "must be an object");
  requireWellFormed(path, value);
  return value;
}

/** UTF-8 cannot carry half of a surrogate pair: it would be stored as something else. */
function requireWellFormed(path: string, value: unknown): void {
  if (typeof value === "string") text(path, value);
  if (typeof value !== "object" || value === null) return;
  for (const [key, each] of Object.entries(value)) {
    text(path, key);
    requireWellFormed(Array.isArray(value) ? `${path}[${key}]` : `${path}.${key}`, each);
  }
}

const parts = ["metadata", "text", "vector"] as const;

export function include(value: readonly Include[] | undefined): IncludeMessage | undefined {
  if (value === undefined) return undefined;
  for (const [index, part] of list<Include>("include", value).entries()) {
    if (!parts.includes(part))
      throw invalidArgument(`include[${index}]`, `must be one of ${parts.join(", ")}`);
  }
  return {
    metadata: value.includes("metadata"),
    text: value.includes("text"),
    vector: value.includes("vector"),
  };
}

type Vector = Float32Array | readonly number[];

/** As floats: whoever writes them out needs no more of an array than its length and its order. */
export function components(path: string, vector: Vector): number[] {
  const floats = vector instanceof Float32Array ? vector : Float32Array.from(numbers(path, vector));
  // A list is empty where it was not sent.
  if (floats.length === 0) throw invalidArgument(path, "has no components");
  return floats as unknown as number[];
}

function numbers(path: string, vector: readonly number[]): readonly number[] {
  for (const [index, component] of list(path, vector).entries()) {
    if (typeof component !== "number") throw invalidArgument(`${path}[${index}]`, "must be a number");
  }
  return vector;
}
