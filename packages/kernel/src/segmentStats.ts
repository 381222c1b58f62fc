import {
  codecFloat,
  deadCountWord,
  entryWord,
  headerWords,
  linkedPrefixWord,
  rowCountWord,
  upperPoolUsedWord,
} from "./headerWords.ts";
import { layOutSegment, layOutVectors, type SegmentLayout, type VectorsLayout } from "./segmentLayout.ts";
import type { SegmentOptions } from "./segmentOptions.ts";

export interface SegmentStats {
  readonly rows: number;
  readonly tombstones: number;
  /** Rows not in the graph yet, which every search scans. */
  readonly tail: number;
  /** Nodes of the graph whose highest level is the index. */
  readonly nodesByLevel: readonly number[];
  readonly links: number;
  readonly bytes: SegmentBytes;
}

/** Memory by kind of the rows written so far. */
export interface SegmentBytes {
  readonly codes: number;
  readonly links: number;
  readonly vectors: number;
  readonly bookkeeping: number;
}

export function segmentBytes(
  memory: WebAssembly.Memory,
  layout: SegmentLayout,
  vectors: VectorsLayout | undefined,
  linksMax: number,
): SegmentBytes {
  const header = new Uint32Array(memory.buffer, 0, headerWords);
  const rows = Atomics.load(header, rowCountWord);
  const upperBytes = Atomics.load(header, upperPoolUsedWord);
  const rowBytes = rows * (layout.rowBytes + 8);
  const isFloat = layout.codec === codecFloat;
  return {
    codes: isFloat ? 0 : rowBytes,
    links: rows * (8 * linksMax + 4) + upperBytes,
    // Beside codes, none where they are not in memory.
    vectors: isFloat ? rowBytes : rows * (vectors?.vectorBytes ?? 0),
    bookkeeping: rows * 2 + Math.ceil(rows / 8),
  };
}

/** What {@link segmentBytes} grows by with a row, on average: few nodes have lists above the lowest level. */
export function segmentRowBytes(options: SegmentOptions): number {
  const { linksMax, quantization } = options;
  const { rowBytes } = layOutSegment(options);
  const upperBytes = (4 * (linksMax + 1)) / (linksMax - 1);
  const vectorBytes = quantization === "none" ? 0 : layOutVectors(options).vectorBytes;
  return rowBytes + 8 + 8 * linksMax + 4 + upperBytes + vectorBytes + 2 + 1 / 8;
}

/** Reads every list's length: O(rows). */
export function segmentStats(
  memory: WebAssembly.Memory,
  layout: SegmentLayout,
  vectors: VectorsLayout | undefined,
  linksMax: number,
): SegmentStats {
  const header = new Uint32Array(memory.buffer, 0, layout.signs.offset / 4);
  const rows = Atomics.load(header, rowCountWord);
  const linked = Atomics.load(header, linkedPrefixWord);
  const words = new Uint32Array(memory.buffer);
  const entryRow = Atomics.load(header, entryWord) - 1;
  const levels = new Uint8Array(memory.buffer, layout.levels.offset, linked);
  const nodesByLevel: number[] = [];
  let links = 0;
  for (let row = 0; row < linked; row++) {
    const baseLinks = words[(layout.baseLinks.offset + row * 8 * linksMax) / 4]!;
    // A row that died before its turn is passed over as linked, and is no node. Every node but a lonely first has links.
    if (baseLinks === 0 && row !== entryRow) continue;
    const level = levels[row]! & 127;
    while (nodesByLevel.length <= level) nodesByLevel.push(0);
    nodesByLevel[level]! += 1;
    links += baseLinks;
    const upperAt = words[layout.upperRefs.offset / 4 + row]! / 4;
    for (let upper = 0; upper < level; upper++) links += words[upperAt + upper * (linksMax + 1)]!;
  }
  return {
    rows,
    tombstones: Atomics.load(header, deadCountWord),
    tail: rows - linked,
    nodesByLevel,
    links,
    bytes: segmentBytes(memory, layout, vectors, linksMax),
  };
}
