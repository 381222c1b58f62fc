/**
 * `in_memory`: whoever uses a collection has it in memory. `in_place`: who reads it has its vectors read from their files, until
 * somebody writes to it.
 */
export const tierSearches = ["in_memory", "in_place"] as const;
export type TierSearch = (typeof tierSearches)[number];

/** When collections go from one tier to another by themselves. */
export interface TierRules {
  /** False: only who asks for it moves a collection. */
  readonly enabled: boolean;
  /** Of a collection that nobody uses. */
  readonly hotToWarmAfterMs: number;
  readonly warmToColdAfterMs: number;
  /** One that was fetched for fewer uses within the window goes back, unless it was changed. */
  readonly coldPromotionAccesses: number;
  /** What all hot collections may take of memory; 0 for what the machine has. */
  readonly hotMemoryBytesMax: number;
  /** What all warm collections may take of the disk; 0 for no limit. */
  readonly warmDiskBytesMax: number;
  /** How what is not hot is searched: brought into memory, or where it is. */
  readonly search: TierSearch;
  /** Between two looks at all collections. */
  readonly intervalMs: number;
}

/** In which uses of a collection are counted together. */
export const accessWindowMs = 3_600_000;

const dayMs = 86_400_000;

export const defaultTierRules: TierRules = {
  enabled: true,
  hotToWarmAfterMs: 7 * dayMs,
  warmToColdAfterMs: 30 * dayMs,
  coldPromotionAccesses: 3,
  hotMemoryBytesMax: 0,
  warmDiskBytesMax: 0,
  search: "in_memory",
  intervalMs: 60_000,
};
