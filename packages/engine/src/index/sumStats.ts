import type { SegmentBytes, SegmentStats } from "@akidb/kernel";
import type { IndexStats } from "./vectorIndex.ts";

export function sumStats(parts: readonly SegmentStats[]): IndexStats {
  const sum = (count: (part: SegmentStats) => number): number =>
    parts.reduce((total, part) => total + count(part), 0);
  const sumBytes = (kind: keyof SegmentBytes): number => sum(({ bytes }) => bytes[kind]);
  const levels = Math.max(0, ...parts.map(({ nodesByLevel }) => nodesByLevel.length));
  return {
    segments: parts.length,
    rows: sum(({ rows }) => rows),
    tombstones: sum(({ tombstones }) => tombstones),
    tail: sum(({ tail }) => tail),
    nodesByLevel: Array.from({ length: levels }, (_, level) =>
      sum(({ nodesByLevel }) => nodesByLevel[level] ?? 0),
    ),
    links: sum(({ links }) => links),
    bytes: {
      codes: sumBytes("codes"),
      links: sumBytes("links"),
      vectors: sumBytes("vectors"),
      bookkeeping: sumBytes("bookkeeping"),
    },
  };
}
