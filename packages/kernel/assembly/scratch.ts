import * as header from "../src/headerWords";
import * as shape from "../src/scratchShape";
import { capacity } from "./segment";

// A thread's own working space inside the shared memory: taken when it attaches, so that no search allocates.

/** The vector handed in by the host: f32 × dimension. */
export let input: usize = 0;
/** f32 × width, where codes and probes are made. */
export let rotated: usize = 0;
/** The code that rows are compared with. */
export let probeCode: usize = 0;
/** u32 rows to be scored, and their sortable i32 ranks. */
export let batchRows: usize = 0;
export let batchRanks: usize = 0;
/** i64 keys (see `key.ts`): the sorted pool of a walk. */
export let pool: usize = 0;
/** i64 keys on their way into the pool. */
export let fresh: usize = 0;
/** i64 keys of a node's old and new neighbours, when its list overflows. */
export let crowded: usize = 0;
/** u32 rows chosen for each level of an insertion, `chosenRowsPerLevel` apart. */
export let chosen: usize = 0;
/** u32 rows kept of a list that overflowed. */
export let kept: usize = 0;
/** Bit per row that a filter allows. */
export let allowed: usize = 0;
/** u8 per row, see `visited.ts`. */
export let tags: usize = 0;
/** i32 set by anyone who wants the running search to stop. */
export let cancelled: usize = 0;

export function attachScratch(slot: u32): void {
  const base: usize =
    <usize>load<u32>(header.scratchOffsetWord << 2) + <usize>slot * <usize>load<u32>(header.scratchBytesWord << 2);
  cancelled = base;
  input = base + shape.inputAt;
  rotated = base + shape.rotatedAt;
  probeCode = base + shape.probeCodeAt;
  batchRows = base + shape.batchRowsAt;
  batchRanks = base + shape.batchRanksAt;
  crowded = base + shape.crowdedAt;
  chosen = base + shape.chosenAt;
  kept = base + shape.keptAt;
  fresh = base + shape.freshAt;
  pool = base + shape.poolAt;
  allowed = base + shape.allowedAt;
  tags = allowed + ((((<usize>capacity + 31) >> 5) << 2) + 63) & ~63;
}
