import type { StreamedRegion } from "../../checkpoint/writeStreamedFile.ts";

/**
 * A part of an index at one moment: what a file's directory says of it, and its bytes, which stay as they are until they
 * are written, whatever is added and removed meanwhile.
 */
export interface PartImage<Description> {
  readonly description: Description;
  readonly regions: readonly StreamedRegion[];
}

/** Of memory that nobody changes. */
export function regionOf(name: string, ...parts: readonly ArrayBufferView[]): StreamedRegion {
  const pieces = parts.map((part) => new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
  const byteLength = pieces.reduce((sum, { length }) => sum + length, 0);
  return { name, byteLength, pieces: () => pieces };
}
