import type { Disk } from "@akidb/engine";

const windowBytes = 1024 * 1024;

/** The first bytes of a file, piece by piece, each in the place of the one before. */
export async function* fileBody(
  disk: Disk,
  path: string,
  bytes: number,
): AsyncGenerator<Uint8Array, void, void> {
  const file = await disk.openFile(path);
  try {
    const window = new Uint8Array(Math.min(windowBytes, bytes));
    for (let position = 0; position < bytes; ) {
      const filled = await file.read(window.subarray(0, bytes - position), position);
      // Whoever takes the body knows how long it is to be.
      if (filled === 0) return;
      yield window.subarray(0, filled);
      position += filled;
    }
  } finally {
    await file.close();
  }
}
