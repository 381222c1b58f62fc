import type { CollectionId, Tier, TieringPolicy } from "@akidb/base";
import { accessWindowMs, type TierRules } from "./tierRules.ts";

/** What is known of a collection where its tier is decided. */
export interface TierRow {
  readonly id: CollectionId;
  readonly tier: Tier;
  readonly pinned: boolean;
  readonly policy: TieringPolicy;
  /** When it was last used, or else made. */
  readonly idleSinceMs: number;
  /** Uses since the window began. */
  readonly accessCount: number;
  readonly windowStartMs: number | undefined;
  /** Fetched from the object store, where its copy is, and not found to be wanted for good yet. */
  readonly isVisiting: boolean;
  readonly memoryBytes: number;
  readonly diskBytes: number;
}

export interface TierMove {
  readonly id: CollectionId;
  /**
   * `warm`: closed. `cold`: copied to the object store, and dropped here. `back`: the same where nothing has changed since it
   * was fetched, and no copy has to be made. `stay`: it is not visiting any more.
   */
  readonly to: "warm" | "cold" | "back" | "stay";
}

export interface TierDecision {
  readonly rules: TierRules;
  readonly nowMs: number;
  /** Whether the object store outlives the process. */
  readonly isStoreLasting: boolean;
}

/**
 * Which collections change their tier now; each by one step. Those pinned do not get colder. What the limits of memory and disk
 * ask for beyond the rules of time goes by last use, to the hour, and within an hour by what costs least to move. Time is
 * O(n log n) of the rows.
 */
export function decideTiers(rows: readonly TierRow[], decision: TierDecision): readonly TierMove[] {
  const moves = new Map<CollectionId, TierMove["to"]>();
  for (const row of rows) {
    const to = moveByTime(row, decision);
    if (to !== undefined) moves.set(row.id, to);
  }
  const staying = (tier: Tier) => rows.filter((row) => row.tier === tier && !leaves(moves.get(row.id)));
  const { hotMemoryBytesMax, warmDiskBytesMax } = decision.rules;
  const tooMuchMemory = surplus(staying("hot"), {
    bytesMax: hotMemoryBytesMax,
    bytesOf: ({ memoryBytes }) => memoryBytes,
    mayGo: ({ pinned }) => !pinned,
    costOf: ({ memoryBytes }) => memoryBytes,
  });
  for (const { id } of tooMuchMemory) moves.set(id, "warm");
  const tooMuchDisk = surplus(staying("warm"), {
    bytesMax: warmDiskBytesMax,
    bytesOf: ({ diskBytes }) => diskBytes,
    mayGo: (row) => !row.pinned && mayBeCold(row, decision),
    costOf: ({ isVisiting, diskBytes }) => (isVisiting ? 0 : diskBytes),
  });
  for (const { id } of tooMuchDisk) moves.set(id, "cold");
  return [...moves].map(([id, to]) => ({ id, to }));
}

interface Ceiling {
  /** 0 for none. */
  readonly bytesMax: number;
  readonly bytesOf: (row: TierRow) => number;
  readonly mayGo: (row: TierRow) => boolean;
  /** Of moving it, and having it back. */
  readonly costOf: (row: TierRow) => number;
}

/** What has to go so that the others keep to the ceiling; all that may, where that is not enough. */
function surplus(
  rows: readonly TierRow[],
  { bytesMax, bytesOf, mayGo, costOf }: Ceiling,
): readonly TierRow[] {
  let excessBytes = bytesMax === 0 ? 0 : rows.reduce((sum, row) => sum + bytesOf(row), -bytesMax);
  if (excessBytes <= 0) return [];
  const hourOf = ({ idleSinceMs }: TierRow): number => Math.floor(idleSinceMs / accessWindowMs);
  const going: TierRow[] = [];
  for (const row of rows.filter(mayGo).sort((a, b) => hourOf(a) - hourOf(b) || costOf(a) - costOf(b))) {
    if (excessBytes <= 0) break;
    going.push(row);
    excessBytes -= bytesOf(row);
  }
  return going;
}

const leaves = (to: TierMove["to"] | undefined): boolean => to !== undefined && to !== "stay";

function moveByTime(row: TierRow, decision: TierDecision): TierMove["to"] | undefined {
  const { rules, nowMs } = decision;
  if (row.tier === "cold") return undefined;
  if (row.isVisiting) {
    if (row.pinned || row.accessCount >= rules.coldPromotionAccesses) return "stay";
    const sinceMs = nowMs - (row.windowStartMs ?? Number.NEGATIVE_INFINITY);
    if (sinceMs >= accessWindowMs) return mayBeCold(row, decision) ? "back" : "stay";
  }
  if (row.pinned) return undefined;
  const idleMs = nowMs - row.idleSinceMs;
  // What is at home in the object store does not wait for days.
  const isAtHomeThere = row.policy === "s3_only" && mayBeCold(row, decision);
  const patienceMs = isAtHomeThere ? accessWindowMs : Number.POSITIVE_INFINITY;
  if (row.tier === "hot") return idleMs >= Math.min(patienceMs, rules.hotToWarmAfterMs) ? "warm" : undefined;
  const isIdle = idleMs >= Math.min(patienceMs, rules.warmToColdAfterMs);
  return isIdle && mayBeCold(row, decision) ? "cold" : undefined;
}

/** Data of the policy `memory` do not leave the machine. */
const mayBeCold = ({ policy }: TierRow, { isStoreLasting }: TierDecision): boolean =>
  policy !== "memory" && isStoreLasting;
