import type { JsonValue } from "./json.ts";

/** Metadata whose fields the compiler knows, and not any object of JSON. */
export type IsTyped<Metadata> = string extends keyof Metadata ? false : true;

/** What stands in a field, or is an element of what stands there: filters look into arrays. */
type Element<Value> = Value extends readonly (infer Item)[] ? Element<Item> : Value;

/** A dot that belongs to a key. */
type Escaped<Key extends string> = Key extends `${infer Head}.${infer Tail}`
  ? `${Head}\\.${Escaped<Tail>}`
  : Key;

/** Levels of objects within each other that are told apart; what is deeper is any path. */
type Level = readonly unknown[];
type Deepest = readonly [1, 1, 1, 1, 1, 1];

/**
 * Every field by its path as filters name it, with what may stand there: `["author.name", string]`. Of arrays, what their
 * elements are and have.
 */
export type MetadataFields<Fields, Prefix extends string = "", Depth extends Level = readonly []> = {
  [Key in keyof Fields & string]-?: Field<Element<Fields[Key]>, `${Prefix}${Escaped<Key>}`, Depth>;
}[keyof Fields & string];

type Field<Value, Path extends string, Depth extends Level> =
  | [Path, Exclude<Value, undefined>]
  | Inner<Extract<Value, object>, `${Path}.`, Depth>;

type Inner<Fields, Prefix extends string, Depth extends Level> = [Fields] extends [never]
  ? never
  : string extends keyof Fields
    ? [`${Prefix}${string}`, JsonValue]
    : Depth extends Deepest
      ? [`${Prefix}${string}`, JsonValue]
      : Fields extends unknown
        ? MetadataFields<Fields, Prefix, readonly [...Depth, 1]>
        : never;

/** Paths of fields, for facets and groups; any text where the compiler knows no fields. */
export type MetadataPath<Metadata> = IsTyped<Metadata> extends true ? MetadataFields<Metadata>[0] : string;
