import type { Deadline, JsonObject } from "@akidb/base";
import type { Filter } from "../filter/filter.ts";
import { matchesFilter } from "../filter/matchesFilter.ts";
import { addRow, forEachRow, type RowBitset } from "./rowBitset.ts";
import { isExact, type RowSets } from "./rowSets.ts";

/** Documents read between two turns of the event loop. */
const documentsPerSlice = 200;

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
  for (let from = 0; from < rows.length; from += documentsPerSlice) {
    for (const row of rows.slice(from, from + documentsPerSlice)) {
      const metadata = metadataAt(row);
      const document = metadata === undefined ? {} : (JSON.parse(metadata) as JsonObject);
      if (matchesFilter(document, filter)) addRow(passing, row);
    }
    await new Promise((resolve) => setImmediate(resolve));
    deadline.check();
  }
  return passing;
}
