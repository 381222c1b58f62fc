import type { SegmentHandle } from "./segment.ts";
import { readCounters, type SegmentCounters } from "./segmentCounters.ts";
import { layOutSegment, layOutVectors, type Region } from "./segmentLayout.ts";

/** The parts of a segment's memories that are its contents; the rest is working space of its threads. */
export type SegmentRegionName =
  | "levels"
  | "upperRefs"
  | "upperPool"
  | "baseLinks"
  | "tombstones"
  | "signs"
  | "center"
  | "factors"
  | "rows"
  | "vectors";

export interface SegmentRegion {
  readonly name: SegmentRegionName;
  /** The written part; the rest, up to the segment's capacity, is zeros. */
  readonly bytes: Uint8Array;
  /** Whether builders write to it; the other regions stay as they are for the rows that are published. */
  readonly isGraph: boolean;
}

export interface SegmentImage {
  readonly counters: SegmentCounters;
  readonly regions: readonly SegmentRegion[];
}

/**
 * A segment as it is now, for a copy: views of its memories, but for the tombstones, which are copied at once because
 * rows die at any time. To be taken when no builder has a row in hand, and good until one takes up the next; rows may
 * be added, published and removed meanwhile, and are not part of it.
 */
export function segmentImage(handle: SegmentHandle): SegmentImage {
  const shown = readCounters(handle);
  const views = segmentRegions(handle, shown);
  const tombstones = frozenTombstones(views.find(({ name }) => name === "tombstones")!.bytes, shown.rowCount);
  return {
    counters: { ...shown, deadCount: countBits(tombstones) },
    regions: views.map((view) => (view.name === "tombstones" ? { ...view, bytes: tombstones } : view)),
  };
}

/**
 * What of the memories a segment with these counters has written, the graph first.
 *
 * @param counters possible ones, see `countersFit`
 */
export function segmentRegions(handle: SegmentHandle, counters: SegmentCounters): readonly SegmentRegion[] {
  const { options, memory, vectors } = handle;
  const { rowCount, linkedCount, upperPoolUsedBytes } = counters;
  const layout = layOutSegment(options);
  const beside = vectors && layOutVectors(options);
  const rowsOf = ({ bytes }: Region, count: number): number => (bytes / options.capacity) * count;
  const viewOf =
    ({ buffer }: WebAssembly.Memory, isGraph: boolean) =>
    (name: SegmentRegionName, { offset }: Region, bytes: number): SegmentRegion => ({
      name,
      bytes: new Uint8Array(buffer, offset, bytes),
      isGraph,
    });
  const graph = viewOf(memory, true);
  const lasting = viewOf(memory, false);
  return [
    graph("levels", layout.levels, rowsOf(layout.levels, rowCount)),
    graph("upperRefs", layout.upperRefs, rowsOf(layout.upperRefs, linkedCount)),
    graph("upperPool", layout.upperPool, upperPoolUsedBytes),
    graph("baseLinks", layout.baseLinks, rowsOf(layout.baseLinks, linkedCount)),
    lasting("tombstones", layout.tombstones, 4 * Math.ceil(rowCount / 32)),
    lasting("signs", layout.signs, layout.signs.bytes),
    lasting("center", layout.center, layout.center.bytes),
    lasting("factors", layout.factors, rowsOf(layout.factors, rowCount)),
    lasting("rows", layout.rows, rowsOf(layout.rows, rowCount)),
    ...(vectors && beside
      ? [viewOf(vectors, false)("vectors", beside.vectors, rowsOf(beside.vectors, rowCount))]
      : []),
  ];
}

/** A copy without the bits of rows that are not shown yet. */
function frozenTombstones(tombstones: Uint8Array, rowCount: number): Uint8Array {
  const copy = tombstones.slice();
  for (let row = rowCount; row < 8 * copy.length; row++) copy[row >>> 3]! &= ~(1 << (row & 7));
  return copy;
}

function countBits(bytes: Uint8Array): number {
  let count = 0;
  for (let byte of bytes) for (; byte !== 0; byte &= byte - 1) count += 1;
  return count;
}
