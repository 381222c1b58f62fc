import type { Deadline, JsonObject } from "@akidb/base";
import type { Filter } from "../filter/filter.ts";
import { conditionCount, filterMatcher } from "../filter/filterMatcher.ts";
import { Turns } from "../reads/turns.ts";
import { addRow, forEachRow, type RowBitset } from "./rowBitset.ts";
import { isExact, type RowSets } from "./rowSets.ts";

/** Microseconds or so between two turns of the event loop; measured on an Intel Xeon with Node 24, as are those below. */
const usPerSlice = 2_000;
const usPerDocument = 5;
const usPerCharacter = 0.02;
const usPerCondition = 0.3;

export interface FilteredRowsRequest {
  readonly filter: Filter;
  readonly sets: RowSets;
  readonly isDead: (row: number) => boolean;
  /** Of a row that is alive, as of the search's moment. */
  readonly metadataAt: (row: number) => string | undefined;
  readonly deadline: Deadline;
}

/**
 * The rows that pass a filter: what the indexes leave open is decided by the documents themselves, in slices.
 *
 * @throws what the deadline throws; AkiDbError where a document cannot be read
 */
export async function filteredRows(request: FilteredRowsRequest): Promise<RowBitset> {
  const { filter, sets, isDead, metadataAt, deadline } = request;
  if (isExact(sets)) return sets.lower;
  const open = sets.upper.map((word, index) => word & ~sets.lower[index]!);
  const rows: number[] = [];
  forEachRow(open, (row) => {
    if (!isDead(row)) rows.push(row);
  });
  const passing = sets.lower.slice();
  const matches = filterMatcher(filter);
  const usMin = usPerDocument + usPerCondition * conditionCount(filter);
  const turns = new Turns(usPerSlice, deadline);
  for (const row of rows) {
    const metadata = metadataAt(row);
    if (matches(metadata === undefined ? {} : (JSON.parse(metadata) as JsonObject))) addRow(passing, row);
    if (turns.isDue(usMin + usPerCharacter * (metadata?.length ?? 0))) await turns.next();
  }
  return passing;
}
