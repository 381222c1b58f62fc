import { damaged } from "./parquetFileError.ts";

/** Parquet's own structs nest six deep. */
const depthMax = 16;

const elementTypes = {
  stop: 0,
  true: 1,
  false: 2,
  byte: 3,
  i16: 4,
  i32: 5,
  i64: 6,
  double: 7,
  binary: 8,
  list: 9,
  struct: 12,
} as const;

/** The bytes end before the struct does. */
export const cutShort = Symbol("cut short");

/**
 * Walks over a struct in Thrift's compact protocol without building anything, because the parser after it believes every
 * count it reads: a list of two billion entries in five bytes would be allocated. What this has passed holds no list
 * longer than its bytes.
 *
 * @returns where the struct ends
 */
export function walkThriftStruct(bytes: Uint8Array): number | typeof cutShort {
  try {
    return walkStruct(bytes, 0, 0);
  } catch (error) {
    if (error === cutShort) return cutShort;
    throw error;
  }
}

function walkStruct(bytes: Uint8Array, start: number, depth: number): number {
  if (depth > depthMax) throw damaged("its metadata is nested too deeply");
  let at = start;
  while (true) {
    const header = byteAt(bytes, at++);
    const type = header & 0x0f;
    if (type === elementTypes.stop) return at;
    if (header >> 4 === 0) at = varint(bytes, at).end;
    at = walkElement(bytes, at, type, depth);
  }
}

function walkElement(bytes: Uint8Array, at: number, type: number, depth: number): number {
  switch (type) {
    case elementTypes.true:
    case elementTypes.false:
      return at;
    case elementTypes.byte:
      return skip(bytes, at, 1);
    case elementTypes.i16:
    case elementTypes.i32:
    case elementTypes.i64:
      return varint(bytes, at).end;
    case elementTypes.double:
      return skip(bytes, at, 8);
    case elementTypes.binary: {
      const length = varint(bytes, at);
      return skip(bytes, length.end, length.value);
    }
    case elementTypes.list:
      return walkList(bytes, at, depth);
    case elementTypes.struct:
      return walkStruct(bytes, at, depth + 1);
    default:
      throw damaged("its metadata has a field of an unknown type");
  }
}

function walkList(bytes: Uint8Array, start: number, depth: number): number {
  if (depth > depthMax) throw damaged("its metadata is nested too deeply");
  const header = byteAt(bytes, start);
  const type = header & 0x0f;
  const length = header >> 4 === 15 ? varint(bytes, start + 1) : { value: header >> 4, end: start + 1 };
  let at = length.end;
  const isBoolean = type === elementTypes.true || type === elementTypes.false;
  // Every element takes a byte at least, so a count beyond the bytes ends here before anything else believes it.
  for (let i = 0; i < length.value; i++) {
    at = walkElement(bytes, at, isBoolean ? elementTypes.byte : type, depth + 1);
  }
  return at;
}

/** An unsigned number in groups of seven bits; ten bytes at most. Past 2^53 it is not exact, and too large anyhow. */
function varint(bytes: Uint8Array, start: number): { value: number; end: number } {
  let value = 0;
  let scale = 1;
  for (let at = start; at < start + 10; at++) {
    const byte = byteAt(bytes, at);
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return { value, end: at + 1 };
    scale *= 128;
  }
  throw damaged("its metadata has a number that does not end");
}

function skip(bytes: Uint8Array, at: number, length: number): number {
  if (at + length > bytes.length) throw cutShort;
  return at + length;
}

function byteAt(bytes: Uint8Array, at: number): number {
  const byte = bytes[at];
  if (byte === undefined) throw cutShort;
  return byte;
}
