import "./webAssembly.ts";

export { readKernelFiles } from "./adapters/kernelFiles.ts";
export { ExactScan } from "./exactScan.ts";
export { formatVersion as segmentFormatVersion } from "./headerWords.ts";
export { type Kernel, type KernelBuild, kernelBuilds } from "./kernel.ts";
export { loadKernel } from "./loadKernel.ts";
export { type RankingLane, RankingLanes, type RankingOptions } from "./rankingLanes.ts";
export type { SearchResult } from "./rescorer.ts";
export { assertFilterFits, type RowFilter } from "./rowFilter.ts";
export type { SegmentGuest } from "./scratchSlot.ts";
export type { SearchEffort, SearchMethod } from "./searchEffort.ts";
export {
  type ExactQuery,
  type FoundKeys,
  Segment,
  type SegmentHandle,
  type SlicedQuery,
  type SlicedSearch,
} from "./segment.ts";
export {
  claimedRowCount,
  countersFit,
  type SegmentCounters,
  writeCounters,
} from "./segmentCounters.ts";
export {
  type SegmentImage,
  type SegmentRegion,
  type SegmentRegionName,
  segmentImage,
  segmentRegions,
} from "./segmentImage.ts";
export { broughtRowsMax, segmentCapacity, vectorBytesOf } from "./segmentLayout.ts";
export {
  type Quantization,
  quantizations,
  type SegmentOptions,
  segmentDefaults,
  segmentThreadsMax,
} from "./segmentOptions.ts";
export type { SegmentQuery } from "./segmentQuery.ts";
export { type SegmentBytes, type SegmentStats, segmentRowBytes } from "./segmentStats.ts";
export { sharedMemoryGone, uncollectedSharedBytes, urgeCollection } from "./sharedMemoryGone.ts";
