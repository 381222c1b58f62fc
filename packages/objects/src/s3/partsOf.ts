import { invalidArgument } from "@akidb/base";
import { objectLimits } from "../objectLimits.ts";
import type { PartBuffers } from "./partBuffers.ts";

/** As short as allowed, and long enough for the most parts that S3 takes. */
export function partBytesFor(sizeBytes: number | undefined): number {
  const { partBytes, partCountMax } = objectLimits;
  return Math.max(partBytes, Math.ceil((sizeBytes ?? 0) / partCountMax));
}

/** Cuts a stream into parts of one length, the last one shorter or empty only if it is the only one. */
export async function* partsOf(
  chunks: AsyncIterable<Uint8Array>,
  buffers: PartBuffers,
): AsyncGenerator<Uint8Array, void, void> {
  const { partBytes } = buffers;
  let part = buffers.take();
  let filled = 0;
  let count = 0;
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; ) {
      const taken = chunk.subarray(at, at + partBytes - filled);
      part.set(taken, filled);
      filled += taken.length;
      at += taken.length;
      if (filled < partBytes) continue;
      if (count++ === objectLimits.partCountMax) throw tooManyParts();
      yield part;
      part = buffers.take();
      filled = 0;
    }
  }
  if (filled > 0 || count === 0) yield part.subarray(0, filled);
}

/** The same of bytes that are in memory already: views, not copies. */
export async function* slicesOf(
  bytes: Uint8Array,
  partBytes: number,
): AsyncGenerator<Uint8Array, void, void> {
  for (let at = 0; at < bytes.length; at += partBytes) yield bytes.subarray(at, at + partBytes);
}

const tooManyParts = () =>
  invalidArgument(
    "size_bytes",
    "must be given for a stream as long as this, so that its parts can be longer",
  );
