import type { ScanPart } from "../builders/poolScan.ts";
import { bitCount } from "../payload/rowBitset.ts";
import type { SegmentSnapshot } from "./segmentSnapshot.ts";

export interface PlacedPart extends ScanPart {
  readonly placed: SegmentSnapshot;
}

/** Ranges of about so many candidates each, whole words of rows within one segment, in the order of their rows. */
export function cutIntoParts(snapshot: readonly SegmentSnapshot[], candidatesPerPart: number): PlacedPart[] {
  return snapshot.flatMap((placed) => {
    const { segment, candidates } = placed;
    const parts: PlacedPart[] = [];
    let from = 0;
    let count = 0;
    for (let word = 0; word < candidates.length; word++) {
      count += bitCount(candidates[word]!);
      if (count < candidatesPerPart && (count === 0 || word + 1 < candidates.length)) continue;
      parts.push({ placed, segment, firstRow: 32 * from, candidates: candidates.subarray(from, word + 1) });
      from = word + 1;
      count = 0;
    }
    return parts;
  });
}
