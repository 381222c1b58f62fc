/** `npm run bench:tiers`: what deciding about the tiers of many collections takes. */
import { parseArgs } from "node:util";
import { SeededRandom } from "@akidb/base";
import { decideTiers, defaultTierRules, type TierRow } from "@akidb/database";

const { values } = parseArgs({
  options: { collections: { type: "string", default: "10000" }, seed: { type: "string", default: "1" } },
});
const count = Number(values.collections);
const random = new SeededRandom(Number(values.seed));
const nowMs = Date.now();
const rows = Array.from(
  { length: count },
  (_, n): TierRow => ({
    id: String(n) as TierRow["id"],
    tier: (["hot", "warm", "cold"] as const)[random.nextInt(3)]!,
    pinned: random.nextInt(20) === 0,
    policy: (["memory", "memory_s3", "s3_only"] as const)[random.nextInt(3)]!,
    idleSinceMs: nowMs - random.nextInt(40 * 86_400_000),
    accessCount: random.nextInt(5),
    windowStartMs: nowMs - random.nextInt(7_200_000),
    isVisiting: random.nextInt(10) === 0,
    memoryBytes: random.nextInt(1 << 26),
    diskBytes: random.nextInt(1 << 28),
  }),
);
// So that each ceiling takes about half of what is left.
const half = (tier: TierRow["tier"], of: "memoryBytes" | "diskBytes"): number =>
  rows.filter((row) => row.tier === tier).reduce((sum, row) => sum + row[of], 0) / 4;
const rules = {
  ...defaultTierRules,
  hotMemoryBytesMax: half("hot", "memoryBytes"),
  warmDiskBytesMax: half("warm", "diskBytes"),
};
const times = Array.from({ length: 50 }, () => {
  const startMs = performance.now();
  const moves = decideTiers(rows, { rules, nowMs, isStoreLasting: true });
  return { ms: performance.now() - startMs, moves: moves.length };
});
const sorted = times.map(({ ms }) => ms).sort((a, b) => a - b);
console.log(
  `${count} collections, ${times[0]!.moves} moves, seed ${values.seed}: first ${times[0]!.ms.toFixed(1)} ms, ` +
    `median ${sorted[25]!.toFixed(1)} ms, longest ${sorted.at(-1)!.toFixed(1)} ms of 50`,
);
