import type { Deadline, DocumentId } from "@akidb/base";
import { bitCount, countRows, hasRow, type RowBitset } from "../payload/rowBitset.ts";
import { type IdOrderKey, idOrderKey } from "../rows/idOrder.ts";
import { FirstInOrder } from "./firstInOrder.ts";
import type { ReadMoment } from "./readMoment.ts";
import { Turns } from "./turns.ts";

export interface IdsInOrderRequest {
  readonly moment: ReadMoment;
  /** From the first one on if undefined. */
  readonly after: DocumentId | undefined;
  /** How many are wanted. */
  readonly count: number;
  /** Of the documents wanted, as of the moment; all if undefined. */
  readonly rows: RowBitset | undefined;
  /** Rows at the moment: what is in newer ones nobody knows, so they are wanted, too. */
  readonly rowCount: number;
  readonly deadline: Deadline;
}

/** Taking an id from the file and looking up its row takes as long as looking at so many rows for theirs. */
const rowsPerWalkedId = 100;

/** Read from the file between two turns of the event loop: about a millisecond. */
const walkedIdsPerSlice = 512;

/** Looked at between two turns, of the overlay and of the row table. */
const idsPerSlice = 4_096;
const rowsPerSlice = 65_536;

/**
 * The next ids in their order. Every document that is there from the moment to the end of the call, and wanted all the
 * time, is among them or behind them; beside them there may be ids of documents that are gone or changed by now, so look.
 *
 * There are two ways. The file has ids in their order, so that few have to be walked where many documents are wanted; and
 * rows of documents wanted can be searched for the first ids, which takes long where they are many. The walk is given up
 * where it has taken as long as the search would, so a page costs at most twice what the better way does, however ids and
 * matches are spread.
 *
 * @throws what the deadline throws; AkiDbError where the file of documents is damaged
 */
export async function idsInOrder(request: IdsInOrderRequest): Promise<readonly DocumentId[]> {
  const { rows, rowCount, count } = request;
  if (rows === undefined) return (await walkedIds(request, Number.POSITIVE_INFINITY))!;
  const matchCount = countRows(rows);
  const walkedMax = matchCount / rowsPerWalkedId;
  const walkedExpected = (count * rowCount) / Math.max(1, matchCount);
  const walked = walkedExpected > walkedMax ? undefined : await walkedIds(request, walkedMax);
  return walked ?? (await firstIdsOfRows(request, rows));
}

/** @returns undefined where more than so many ids of the file would have to be looked at */
async function walkedIds(
  request: IdsInOrderRequest,
  walkedMax: number,
): Promise<readonly DocumentId[] | undefined> {
  const { moment, after, count, rows, rowCount, deadline } = request;
  const { state } = moment;
  const isWanted = (id: DocumentId): boolean => {
    const row = state.rows.rowOf(id);
    return row !== undefined && (row >= rowCount || rows === undefined || hasRow(rows, row));
  };
  const first = new FirstInOrder<DocumentId>(count, compareIds);
  const turns = new Turns(idsPerSlice, deadline);
  // Before the file: what is written meanwhile is found there.
  for (const id of state.unwrittenIds()) {
    const { bound } = first;
    const isInTurn = (after === undefined || id > after) && (bound === undefined || id < bound);
    if (isInTurn && isWanted(id)) first.add(id);
    if (turns.isDue()) await turns.next();
  }
  const unwritten = first.items();
  const end = unwritten.length === count ? unwritten.at(-1) : undefined;
  let found = 0;
  let at = after;
  for (let walked = 0; walked < walkedMax; ) {
    const wanted = Math.min(walkedIdsPerSlice, rows === undefined ? count - found : walkedIdsPerSlice);
    const ids = state.writtenIdsAfter(at, wanted);
    for (const id of ids) {
      if (end !== undefined && id >= end) return first.items();
      if (!isWanted(id)) continue;
      first.add(id);
      found += 1;
      if (found === count) return first.items();
    }
    if (ids.length < wanted) return first.items();
    walked += ids.length;
    at = ids.at(-1);
    await turns.next();
  }
  return undefined;
}

/** Of every row wanted, also where its document was written anew since: O(rows). */
async function firstIdsOfRows(
  { moment, after, count, deadline }: IdsInOrderRequest,
  rows: RowBitset,
): Promise<readonly DocumentId[]> {
  const table = moment.state.rows;
  const first = new FirstInOrder<DocumentId>(count, compareIds);
  const afterKey = after && idOrderKey(after);
  let bound: DocumentId | undefined;
  let boundKey: IdOrderKey | undefined;
  const offer = (row: number): void => {
    if (afterKey !== undefined && table.compareId(row, afterKey) <= 0) return;
    if (boundKey !== undefined && table.compareId(row, boundKey) >= 0) return;
    first.add(table.idOf(row));
    if (first.bound === bound) return;
    bound = first.bound;
    boundKey = bound && idOrderKey(bound);
  };
  const turns = new Turns(rowsPerSlice, deadline);
  for (let word = 0; word < rows.length; word++) {
    for (let bits = rows[word]!; bits !== 0; bits &= bits - 1)
      offer(32 * word + 31 - Math.clz32(bits & -bits));
    if (turns.isDue(1 + bitCount(rows[word]!))) await turns.next();
  }
  return first.items();
}

const compareIds = (a: DocumentId, b: DocumentId): number => (a < b ? -1 : a > b ? 1 : 0);
