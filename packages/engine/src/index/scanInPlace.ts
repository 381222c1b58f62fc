import type { Deadline } from "@akidb/base";
import { broughtRowsMax, type RankingLane } from "@akidb/kernel";
import type { StoredVectors } from "../checkpoint/storedVectors.ts";

export interface InPlaceScan {
  /** Begun with the query. */
  readonly lane: RankingLane;
  readonly vectors: StoredVectors;
  /** Bit per row. */
  readonly candidates: Uint32Array;
  readonly deadline: Deadline;
}

/** Of a block's rows, candidates from which on all of it is read, not each by itself: what both take is about the same. */
const denseShareMin = 1 / 8;

/** Of rows that were read within the call: about two milliseconds. */
const flushesPerTurn = 8;

/**
 * Ranks every candidate by its vector in a file: blocks that have many are read one after the other, of others the rows.
 * Between two blocks, others have the thread.
 *
 * @throws DamagedFileError; the disk's own error; what the deadline throws
 */
export async function scanInPlace({ lane, vectors, candidates, deadline }: InPlaceScan): Promise<void> {
  const scattered = new Uint32Array(broughtRowsMax);
  let scatteredCount = 0;
  let flushCount = 0;
  const flush = async (): Promise<void> => {
    const rows = scattered.subarray(0, scatteredCount);
    scatteredCount = 0;
    const reading = vectors.read(rows, lane.slots);
    if (reading !== undefined) await reading;
    lane.offerSlots(rows);
    if (++flushCount % flushesPerTurn !== 0) return;
    await new Promise((resolve) => setImmediate(resolve));
    deadline.check();
  };
  /** Rows before it are ranked, or are about to be. */
  let nextRow = 0;
  for (let block = 0; block < vectors.blockCount; block++) {
    const { firstRow, endRow, isEndSplit } = vectors.rowsOf(block);
    const rows = candidatesIn(candidates, Math.max(firstRow, nextRow), endRow);
    if (rows.length === 0) {
      nextRow = endRow;
      continue;
    }
    deadline.check();
    if (rows.length < denseShareMin * (endRow - firstRow)) {
      for (const row of rows) {
        scattered[scatteredCount++] = row;
        if (scatteredCount === broughtRowsMax) await flush();
      }
      nextRow = endRow;
      continue;
    }
    const bytes = await vectors.readBlock(block, lane.window);
    const wholeEnd = isEndSplit ? endRow - 1 : endRow;
    lane.offerWindow(rows.at(-1)! < wholeEnd ? rows : rows.subarray(0, -1), vectors.startOf(block));
    if (isEndSplit) lane.keepEnd(vectors.startOf(block) + bytes - vectors.startOfRow(wholeEnd), bytes);
    nextRow = wholeEnd;
  }
  if (scatteredCount > 0) await flush();
}

/** In their order, from a row up to, but not with, another. */
function candidatesIn(candidates: Uint32Array, from: number, to: number): Uint32Array {
  const rows = new Uint32Array(Math.max(0, to - from));
  let count = 0;
  for (let word = from >>> 5; word << 5 < to && word < candidates.length; word++) {
    for (let bits = candidates[word]!; bits !== 0; bits &= bits - 1) {
      const row = (word << 5) + 31 - Math.clz32(bits & -bits);
      if (row >= from && row < to) rows[count++] = row;
    }
  }
  return rows.subarray(0, count);
}
