import { SeededRandom, unavailable } from "@akidb/base";
import * as words from "./headerWords.ts";
import type { SegmentLayout } from "./segmentLayout.ts";
import { type SegmentOptions, segmentThreadsMax } from "./segmentOptions.ts";

/** The memory of an empty segment: its header, the signs of its rotation, its centre; zeros elsewhere. */
export function createSegmentMemory(options: SegmentOptions, layout: SegmentLayout): WebAssembly.Memory {
  const memory = allocateMemory(layout.pages);
  const header = new Uint32Array(memory.buffer, 0, words.headerWords);
  header[words.formatWord] = words.formatVersion;
  header[words.capacityWord] = options.capacity;
  header[words.dimensionWord] = options.dimension;
  header[words.widthWord] = layout.width;
  header[words.rowBytesWord] = layout.rowBytes;
  header[words.codecWord] = layout.codec;
  header[words.metricWord] = layout.metric;
  header[words.linksMaxWord] = options.linksMax;
  header[words.efConstructionWord] = options.efConstruction;
  header[words.seedWord] = options.seed;
  header[words.rotationRoundsWord] = layout.rotationRounds;
  header[words.rowsOffsetWord] = layout.rows.offset;
  header[words.factorsOffsetWord] = layout.factors.offset;
  header[words.baseLinksOffsetWord] = layout.baseLinks.offset;
  header[words.upperRefsOffsetWord] = layout.upperRefs.offset;
  header[words.levelsOffsetWord] = layout.levels.offset;
  header[words.locksOffsetWord] = layout.locks.offset;
  header[words.tombstonesOffsetWord] = layout.tombstones.offset;
  header[words.upperPoolOffsetWord] = layout.upperPool.offset;
  header[words.upperPoolBytesWord] = layout.upperPool.bytes;
  header[words.signsOffsetWord] = layout.signs.offset;
  header[words.centerOffsetWord] = layout.center.offset;
  header[words.scratchOffsetWord] = layout.scratch.offset;
  header[words.scratchBytesWord] = layout.scratchBytes;
  header[words.scratchSlotsWord] = segmentThreadsMax;

  const random = new SeededRandom(options.seed);
  const signs = new Uint32Array(memory.buffer, layout.signs.offset, layout.signs.bytes / 4);
  for (let i = 0; i < signs.length; i++) signs[i] = random.nextInt(2) === 0 ? 0 : 0x8000_0000;
  if (options.center !== undefined) {
    new Float32Array(memory.buffer, layout.center.offset, layout.width).set(options.center);
  }
  return memory;
}

/** Reserves addresses; pages come when they are written. */
export function allocateMemory(pages: number): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  } catch (cause) {
    throw unavailable("the machine has no address space left for another segment", { cause });
  }
}
