import { failedPrecondition, invalidArgument } from "@akidb/base";

/** A closed file of a log, wherever it is. */
export interface LogPiece {
  readonly firstLsn: number;
  readonly lastLsn: number;
  readonly createdAtMs: number;
}

/**
 * The pieces that tell the history of a collection from one LSN on, without overlap and without gap, the oldest first.
 * Where a collection was restored, its log began again behind what was restored: what an older piece holds from there on
 * is void. Of the same piece in two places the first given is taken.
 */
export function logChain<Piece extends LogPiece>(
  pieces: readonly Piece[],
  fromLsn: number,
): readonly Piece[] {
  return untilGap(
    historyOf(pieces).filter(({ lastLsn }) => lastLsn >= fromLsn),
    fromLsn,
  );
}

/** The pieces that count, each up to where it counts, the oldest first; with the gaps that there are. */
export function historyOf<Piece extends LogPiece>(pieces: readonly Piece[]): readonly Piece[] {
  const chain: Piece[] = [];
  for (const piece of [...pieces].sort((a, b) => a.createdAtMs - b.createdAtMs)) {
    if (chain.some((each) => each.createdAtMs === piece.createdAtMs && each.firstLsn === piece.firstLsn))
      continue;
    while (chain.length > 0 && chain.at(-1)!.firstLsn >= piece.firstLsn) chain.pop();
    const before = chain.pop();
    if (before !== undefined)
      chain.push({ ...before, lastLsn: Math.min(before.lastLsn, piece.firstLsn - 1) });
    chain.push(piece);
  }
  return chain;
}

function untilGap<Piece extends LogPiece>(chain: readonly Piece[], fromLsn: number): readonly Piece[] {
  let nextLsn = fromLsn;
  const covered: Piece[] = [];
  for (const piece of chain) {
    if (piece.firstLsn > nextLsn) break;
    covered.push(piece);
    nextLsn = piece.lastLsn + 1;
  }
  return covered;
}

/** Up to where a collection is restored, the record included. */
export type RestorePoint =
  | { readonly kind: "lsn"; readonly lsn: number }
  | { readonly kind: "time"; readonly timeMs: number };

export interface RestoreRange {
  readonly point: RestorePoint;
  readonly snapshot: { readonly lsn: number; readonly createdAtMs: number };
  readonly nowMs: number;
}

/** @throws AkiDbError `invalid_argument` for a point before the snapshot, or in the future */
export function checkRestorePoint({ point, snapshot, nowMs }: RestoreRange): void {
  if (point.kind === "lsn") {
    if (point.lsn >= snapshot.lsn) return;
    throw invalidArgument("until_lsn", `must not be below ${snapshot.lsn}, the LSN of the snapshot`);
  }
  if (point.timeMs < snapshot.createdAtMs) {
    throw invalidArgument("until_time", "must not be before the snapshot was created; take an older one");
  }
  if (point.timeMs > nowMs) throw invalidArgument("until_time", "must not be in the future");
}

/**
 * @param reachedLsn the last record that was restored, all of them up to the point
 * @param logEndLsn the last record that the collection ever had, as far as is known
 * @throws AkiDbError `invalid_argument` for an LSN that was never given, `failed_precondition` for a gap in the log
 */
export function checkReached({
  point,
  reachedLsn,
  isStopped,
  logEndLsn,
}: {
  readonly point: RestorePoint;
  readonly reachedLsn: number;
  /** Whether a record was met that lies behind the point. */
  readonly isStopped: boolean;
  readonly logEndLsn: number;
}): void {
  if (isStopped || (point.kind === "lsn" && reachedLsn === point.lsn)) return;
  if (reachedLsn < logEndLsn) {
    throw failedPrecondition(
      `the log behind LSN ${reachedLsn} is missing, on this machine and in the object store; ` +
        `the collection can be restored up to LSN ${reachedLsn}`,
    );
  }
  if (point.kind === "lsn") {
    throw invalidArgument("until_lsn", `must not be above ${logEndLsn}, the last LSN of the collection`);
  }
}
