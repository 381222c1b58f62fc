import { assertFilterFits, type RowFilter } from "@akidb/kernel";
import type { RowSnapshot } from "./flatReadView.ts";

/** Bit per row of a snapshot: alive, and allowed where there is a filter; no bit behind its rows. */
export function scanCandidates(
  { rowCount: shown, tombstones }: RowSnapshot,
  filter: RowFilter | undefined,
): Uint32Array {
  if (filter !== undefined) assertFilterFits(filter, shown);
  const rowCount = filter?.rowCount ?? shown;
  const candidates = new Uint32Array(Math.ceil(rowCount / 32));
  for (let word = 0; word < candidates.length; word++) {
    candidates[word] = ~(tombstones?.[word] ?? 0) & (filter?.words[word] ?? 0xffff_ffff);
  }
  if (rowCount % 32 !== 0) candidates[candidates.length - 1]! &= (1 << (rowCount % 32)) - 1;
  return candidates;
}
