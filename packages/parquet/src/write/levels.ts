import { ByteWriter } from "hyparquet-writer/src/bytewriter.js";
import { writeRleBitPackedHybrid } from "hyparquet-writer/src/encoding.js";

export const noLevels = new Uint8Array(0);

/** One bit each: 1 where a value is, 0 where a null is. */
export function presenceLevels(isPresent: Uint8Array): Uint8Array {
  const writer = new ByteWriter(64);
  writeRleBitPackedHybrid(writer, isPresent, 1);
  return writer.getBytes();
}

/** Every row of a list has `dimension` entries: the first begins a list (0), the others continue it (1). */
export function listRepetitionLevels(rowCount: number, dimension: number): Uint8Array {
  const row = new ByteWriter(16);
  appendRun(row, 0, 1);
  if (dimension > 1) appendRun(row, 1, dimension - 1);
  const bytes = row.getBytes();
  const all = new Uint8Array(bytes.length * rowCount);
  for (let i = 0; i < rowCount; i++) all.set(bytes, i * bytes.length);
  return all;
}

/** `count` entries, none of them missing, at a depth of one. */
export function fullDefinitionLevels(count: number): Uint8Array {
  const writer = new ByteWriter(16);
  appendRun(writer, 1, count);
  return writer.getBytes();
}

/** A run of the hybrid encoding: its length, times two, then the value in one byte. */
function appendRun(writer: ByteWriter, value: number, count: number): void {
  writer.appendVarInt(count * 2);
  writer.appendUint8(value);
}
