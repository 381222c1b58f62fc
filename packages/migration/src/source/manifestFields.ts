import { isPlainObject, type JsonObject, type JsonValue } from "@akidb/base";
import { isoTime } from "./isoTime.ts";
import type { Problems } from "./problems.ts";

export interface ManifestPlace {
  readonly file: string;
  readonly problems: Problems;
}

/**
 * The fields of a JSON object, each checked as it is read: what is wrong with one is noted with its path, and its value is
 * undefined then. A field that is null counts as absent.
 */
export class ManifestFields {
  readonly object: JsonObject;
  readonly #place: ManifestPlace;
  readonly #prefix: string;

  constructor(place: ManifestPlace, object: JsonObject, prefix = "") {
    this.object = object;
    this.#place = place;
    this.#prefix = prefix;
  }

  refuse(name: string, detail: string): undefined {
    this.#place.problems.add(this.#place.file, this.#prefix + name, detail);
  }

  /** Notes one that is not there. */
  required<Value>(name: string, read: (name: string) => Value | undefined): Value | undefined {
    return this.#value(name) === undefined ? this.refuse(name, "is missing") : read(name);
  }

  readonly text = (name: string): string | undefined => {
    const value = this.#value(name);
    if (value === undefined || typeof value === "string") return value;
    return this.refuse(name, "must be a string");
  };

  readonly time = (name: string): string | undefined => {
    const value = this.#value(name);
    if (value === undefined) return undefined;
    const time = typeof value === "string" ? isoTime(value) : undefined;
    return time ?? this.refuse(name, "must be a time of ISO-8601 with its zone, as in 2026-01-31T09:30:00Z");
  };

  /** @returns a function, for `required` */
  integer(min: number): (name: string) => number | undefined {
    return (name) => {
      const value = this.#value(name);
      if (value === undefined) return undefined;
      if (typeof value === "number" && Number.isSafeInteger(value) && value >= min) return value;
      return this.refuse(name, `must be an integer from ${min} to ${Number.MAX_SAFE_INTEGER}`);
    };
  }

  oneOf<Value extends string>(allowed: readonly Value[]): (name: string) => Value | undefined {
    return (name) => {
      const value = this.#value(name);
      if (value === undefined) return undefined;
      const known = allowed.find((each) => each === value);
      return known ?? this.refuse(name, `must be one of ${allowed.join(", ")}`);
    };
  }

  /** Those of an object in a field; none where it is absent. */
  fields(name: string): ManifestFields {
    const value = this.#value(name);
    if (value !== undefined && !isPlainObject(value)) this.refuse(name, "must be a JSON object");
    const object = isPlainObject(value) ? (value as JsonObject) : {};
    return new ManifestFields(this.#place, object, `${this.#prefix}${name}.`);
  }

  #value(name: string): JsonValue | undefined {
    return Object.hasOwn(this.object, name) ? (this.object[name] ?? undefined) : undefined;
  }
}
