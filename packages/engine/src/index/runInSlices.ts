import type { Deadline } from "@akidb/base";

/** Multiply-adds between two turns of the event loop: 2 to 3 ms in plain TypeScript, less in WebAssembly. */
const sliceComponents = 2 ** 21;

/**
 * Runs a scan in the calling thread, and lets others run between its slices.
 *
 * @param advance looks at up to so many rows; returns whether the scan is complete
 * @throws AkiDbError what the deadline throws
 */
export async function runInSlices(
  advance: (rowsMax: number) => boolean,
  dimension: number,
  deadline: Deadline,
): Promise<void> {
  const rowsPerSlice = Math.ceil(sliceComponents / dimension);
  while (!advance(rowsPerSlice)) {
    await new Promise((resolve) => setImmediate(resolve));
    deadline.check();
  }
}
