import * as header from "../src/headerWords";
import { bitAt } from "./arrays";

// The segment's shape, read once from the header when a thread attaches. Globals of WebAssembly belong to an instance,
// and every thread has its own instance over the shared memory.
export let capacity: u32 = 0;
export let dimension: u32 = 0;
export let width: u32 = 0;
export let rowBytes: u32 = 0;
export let codec: u32 = 0;
export let metric: u32 = 0;
/** M: neighbours of a node in the upper levels; about twice as many at level 0. */
export let linksMax: u32 = 0;
export let efConstruction: u32 = 0;
export let seed: u32 = 0;
export let rotationRounds: u32 = 0;
export let rows: usize = 0;
export let factors: usize = 0;
export let baseLinks: usize = 0;
export let upperRefs: usize = 0;
export let levels: usize = 0;
export let locks: usize = 0;
export let tombstones: usize = 0;
export let upperPool: usize = 0;
export let upperPoolBytes: u32 = 0;
export let signs: usize = 0;
export let center: usize = 0;

export function attachSegment(): void {
  capacity = fixed(header.capacityWord);
  dimension = fixed(header.dimensionWord);
  width = fixed(header.widthWord);
  rowBytes = fixed(header.rowBytesWord);
  codec = fixed(header.codecWord);
  metric = fixed(header.metricWord);
  linksMax = fixed(header.linksMaxWord);
  efConstruction = fixed(header.efConstructionWord);
  seed = fixed(header.seedWord);
  rotationRounds = fixed(header.rotationRoundsWord);
  rows = fixed(header.rowsOffsetWord);
  factors = fixed(header.factorsOffsetWord);
  baseLinks = fixed(header.baseLinksOffsetWord);
  upperRefs = fixed(header.upperRefsOffsetWord);
  levels = fixed(header.levelsOffsetWord);
  locks = fixed(header.locksOffsetWord);
  tombstones = fixed(header.tombstonesOffsetWord);
  upperPool = fixed(header.upperPoolOffsetWord);
  upperPoolBytes = fixed(header.upperPoolBytesWord);
  signs = fixed(header.signsOffsetWord);
  center = fixed(header.centerOffsetWord);
}

function fixed(word: usize): u32 {
  return load<u32>(word << 2);
}

// @ts-ignore: decorator
@inline
export function rowAt(row: u32): usize {
  return rows + <usize>row * rowBytes;
}

/** Two f32 of a row: its scale and its squared norm (see `rank.ts`). */
// @ts-ignore: decorator
@inline
export function factorsAt(row: u32): usize {
  return factors + (<usize>row << 3);
}

// @ts-ignore: decorator
@inline
export function isDead(row: u32): bool {
  return bitAt(tombstones, row);
}

export function rowCount(): u32 {
  return atomic.load<u32>(header.rowCountWord << 2);
}

export function deadCount(): u32 {
  return atomic.load<u32>(header.deadCountWord << 2);
}

export function linkedPrefix(): u32 {
  return atomic.load<u32>(header.linkedPrefixWord << 2);
}

/** level << 32 | row + 1; 0 while the graph is empty. */
export function entry(): i64 {
  return atomic.load<i64>(header.entryWord << 2);
}
