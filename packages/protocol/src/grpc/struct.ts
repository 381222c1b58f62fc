import type { JsonObject } from "@akidb/base";
import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

/**
 * `google.protobuf.Struct`, `Value` and `ListValue` read from their bytes into plain JSON and written from it, as JSON would be
 * (`toJSON`, `undefined`), with nothing in between. In place of what the generator has for them, which loses a key called `__proto__` and takes a value without
 * content for one.
 */

type Json = unknown;

/** As deep as what is written of a document's metadata, and as filters, is far from it. */
const depthMax = 100;

const tagOf = (field: number, wireType: WireType): number => (field << 3) | wireType;

const structField = tagOf(1, WireType.LengthDelimited);
const entryKey = tagOf(1, WireType.LengthDelimited);
const entryValue = tagOf(2, WireType.LengthDelimited);
const listValue = tagOf(1, WireType.LengthDelimited);

const nullKind = tagOf(1, WireType.Varint);
const numberKind = tagOf(2, WireType.Bit64);
const stringKind = tagOf(3, WireType.LengthDelimited);
const boolKind = tagOf(4, WireType.Varint);
const structKind = tagOf(5, WireType.LengthDelimited);
const listKind = tagOf(6, WireType.LengthDelimited);

/** Where a nested message ends; no field of it may reach beyond. */
function endOf(reader: BinaryReader, length: number): number {
  const end = reader.pos + length;
  if (end > reader.len) throw new RangeError("a message reaches beyond its end");
  return end;
}

function readStruct(reader: BinaryReader, length: number, depth: number): JsonObject {
  const end = endOf(reader, length);
  const object: Record<string, Json> = {};
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === structField) readEntry(reader, object, depth);
    else reader.skip(tag & 7, tag >>> 3);
  }
  return object as JsonObject;
}

function readEntry(reader: BinaryReader, object: Record<string, Json>, depth: number): void {
  const end = endOf(reader, reader.uint32());
  let key = "";
  let value: Json = null;
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === entryKey) key = reader.string();
    else if (tag === entryValue) value = readValue(reader, reader.uint32(), depth + 1);
    else reader.skip(tag & 7, tag >>> 3);
  }
  // An assignment would change what the object inherits.
  if (key === "__proto__") {
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  } else object[key] = value;
}

function readList(reader: BinaryReader, length: number, depth: number): Json[] {
  const end = endOf(reader, length);
  const list: Json[] = [];
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === listValue) list.push(readValue(reader, reader.uint32(), depth + 1));
    else reader.skip(tag & 7, tag >>> 3);
  }
  return list;
}

/** The last kind counts, as for every oneof; a value of none is null. */
function readValue(reader: BinaryReader, length: number, depth: number): Json {
  if (depth > depthMax) throw new RangeError(`values are nested deeper than ${depthMax}`);
  const end = endOf(reader, length);
  let value: Json = null;
  while (reader.pos < end) {
    const tag = reader.uint32();
    switch (tag) {
      case nullKind:
        reader.int32();
        value = null;
        break;
      case numberKind:
        value = reader.double();
        break;
      case stringKind:
        value = reader.string();
        break;
      case boolKind:
        value = reader.bool();
        break;
      case structKind:
        value = readStruct(reader, reader.uint32(), depth);
        break;
      case listKind:
        value = readList(reader, reader.uint32(), depth);
        break;
      default:
        reader.skip(tag & 7, tag >>> 3);
    }
  }
  return value;
}

function writeStruct(object: Readonly<Record<string, Json>>, writer: BinaryWriter): BinaryWriter {
  for (const [key, value] of Object.entries(object)) {
    if (value === undefined) continue;
    writer.uint32(structField).fork().uint32(entryKey).string(key);
    writeValue(value, writer.uint32(entryValue).fork()).join();
    writer.join();
  }
  return writer;
}

function writeList(list: readonly Json[], writer: BinaryWriter): BinaryWriter {
  for (const value of list) writeValue(value ?? null, writer.uint32(listValue).fork()).join();
  return writer;
}

function writeValue(value: Json, writer: BinaryWriter): BinaryWriter {
  switch (typeof value) {
    case "number":
      return writer.uint32(numberKind).double(value);
    case "string":
      return writer.uint32(stringKind).string(value);
    case "boolean":
      return writer.uint32(boolKind).bool(value);
    case "object":
      if (value === null) return writer.uint32(nullKind).int32(0);
      if ("toJSON" in value && typeof value.toJSON === "function") return writeValue(value.toJSON(), writer);
      if (Array.isArray(value)) return writeList(value, writer.uint32(listKind).fork()).join();
      return writeStruct(value as Record<string, Json>, writer.uint32(structKind).fork()).join();
    default:
      throw new TypeError(`${typeof value} is no value of JSON`);
  }
}

const readerOf = (input: BinaryReader | Uint8Array): BinaryReader =>
  input instanceof BinaryReader ? input : new BinaryReader(input);

/** Generated code puts a value into its message and takes it out again; here they are the same. */
const unchanged = <T>(value: T): T => value;

// biome-ignore lint/suspicious/noExplicitAny: what generated code passes through
type AnyJson = any;

export const Struct = {
  decode: (input: BinaryReader | Uint8Array, length?: number): AnyJson => {
    const reader = readerOf(input);
    return readStruct(reader, length ?? reader.len, 0);
  },
  encode: (object: AnyJson, writer = new BinaryWriter()): BinaryWriter => writeStruct(object, writer),
  wrap: unchanged<AnyJson>,
  unwrap: unchanged<AnyJson>,
};

export const Value = {
  decode: (input: BinaryReader | Uint8Array, length?: number): AnyJson => {
    const reader = readerOf(input);
    return readValue(reader, length ?? reader.len, 0);
  },
  encode: (value: AnyJson, writer = new BinaryWriter()): BinaryWriter => writeValue(value, writer),
  wrap: unchanged<AnyJson>,
  unwrap: unchanged<AnyJson>,
};
