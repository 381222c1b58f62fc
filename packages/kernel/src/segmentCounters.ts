import * as words from "./headerWords.ts";
import type { SegmentHandle } from "./segment.ts";
import { layOutSegment } from "./segmentLayout.ts";
import type { SegmentOptions } from "./segmentOptions.ts";

/** What a segment's header says about its contents, while no builder has a row of it in hand. */
export interface SegmentCounters {
  readonly rowCount: number;
  readonly linkedCount: number;
  readonly deadCount: number;
  /** Upper lists are referred to by address, so a copy has them where the original has. */
  readonly upperPoolAddress: number;
  readonly upperPoolUsedBytes: number;
  /** Level << 32 | row + 1 of the node where walks start; 0 while there is none. */
  readonly entry: bigint;
  /** Biased exponent of what vectors are scaled by; 0 while every row is zero. */
  readonly unitExponent: number;
}

export function readCounters({ memory }: SegmentHandle): SegmentCounters {
  const header = new Uint32Array(memory.buffer, 0, words.headerWords);
  const at = (word: number): number => Atomics.load(header, word);
  return {
    rowCount: at(words.rowCountWord),
    linkedCount: at(words.linkedPrefixWord),
    deadCount: at(words.deadCountWord),
    upperPoolAddress: at(words.upperPoolOffsetWord),
    upperPoolUsedBytes: at(words.upperPoolUsedWord),
    entry: Atomics.load(entryCell(memory), 0),
    unitExponent: at(words.unitWord),
  };
}

/** Into a new segment of the same options that no thread has open; its contents must be in place. */
export function writeCounters({ memory }: SegmentHandle, counters: SegmentCounters): void {
  const header = new Uint32Array(memory.buffer, 0, words.headerWords);
  Atomics.store(header, words.linkNextWord, counters.linkedCount);
  Atomics.store(header, words.linkedPrefixWord, counters.linkedCount);
  Atomics.store(header, words.deadCountWord, counters.deadCount);
  Atomics.store(header, words.upperPoolUsedWord, counters.upperPoolUsedBytes);
  Atomics.store(entryCell(memory), 0, counters.entry);
  Atomics.store(header, words.unitWord, counters.unitExponent);
  Atomics.store(header, words.rowCountWord, counters.rowCount);
}

/** Whether a segment of these options can ever say so of itself. */
export function countersFit(options: SegmentOptions, counters: SegmentCounters): boolean {
  const { rowCount, linkedCount, deadCount, upperPoolAddress, upperPoolUsedBytes, entry } = counters;
  const { upperPool } = layOutSegment(options);
  return (
    rowCount <= options.capacity &&
    linkedCount <= rowCount &&
    deadCount <= rowCount &&
    upperPoolAddress === upperPool.offset &&
    upperPoolUsedBytes <= upperPool.bytes &&
    BigInt.asUintN(32, entry) <= linkedCount &&
    entry >> 32n <= words.levelMax
  );
}

/** Rows that builders have taken up, whether they are done with them or not. */
export function claimedRowCount({ memory }: SegmentHandle): number {
  return Atomics.load(new Uint32Array(memory.buffer, 0, words.headerWords), words.linkNextWord);
}

const entryCell = (memory: WebAssembly.Memory): BigUint64Array =>
  new BigUint64Array(memory.buffer, 4 * words.entryWord, 1);
