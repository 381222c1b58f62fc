import { type Deadline, type JsonObject, type JsonValue, limits } from "@akidb/base";
import type { RowFilter } from "@akidb/kernel";
import { elementsOf, valuesAt } from "../filter/fieldPath.ts";
import type { Filter, Scalar } from "../filter/filter.ts";
import { parseInstant } from "../filter/instant.ts";
import { isScalar } from "../filter/scalar.ts";
import { fullRowBitset, intersectRows } from "../payload/rowBitset.ts";
import type { ReadMoment } from "../reads/readMoment.ts";
import type { CandidateSearch } from "./candidateSearch.ts";
import type { Grouping } from "./checkQuery.ts";

export interface RowGroup {
  readonly value: Scalar;
  /** Best first. */
  readonly rows: number[];
  readonly scores: number[];
}

export interface GroupRequest {
  readonly search: Pick<CandidateSearch, "nearest">;
  readonly grouping: Grouping;
  readonly groupCount: number;
  /** What the filter allows; all rows if absent. */
  readonly allowed: RowFilter | undefined;
  readonly moment: ReadMoment;
  readonly deadline: Deadline;
}

const firstRoundMin = 64;
/** Documents read between two turns of the event loop. */
const documentsPerSlice = 200;

/**
 * The groups with the nearest rows, each with its nearest. Searches deeper, among rows that it has not met, until every
 * group is full, nothing is left, or it has looked at as many rows as it may: as soon as there are enough groups, among
 * rows of those that are not full; before, not among rows of those that are.
 *
 * @throws what the deadline throws; AkiDbError where a document cannot be read
 */
export async function groupCandidates(request: GroupRequest): Promise<readonly RowGroup[]> {
  const { search, grouping, groupCount, allowed, moment, deadline } = request;
  const groups = new Groups(grouping.size, groupCount);
  let within: RowFilter | undefined;
  let wanted = Math.max(firstRoundMin, groupCount * grouping.size);
  for (let lookedAt = 0; lookedAt < limits.groupedRowsMax; wanted *= 4) {
    const k = Math.min(wanted, limits.topKMax, limits.groupedRowsMax - lookedAt);
    const { rows, scores, isAll } = await search.nearest(k, within);
    for (const [rank, row] of rows.entries()) {
      if (rank % documentsPerSlice === documentsPerSlice - 1) {
        await new Promise((resolve) => setImmediate(resolve));
        deadline.check();
      }
      groups.offer(row, scores[rank]!, valuesOf(moment.metadataAt(row), grouping));
    }
    lookedAt += rows.length;
    if (isAll || rows.length === 0 || groups.areFull) break;
    within ??= copyOf(allowed, moment);
    for (const row of rows) within.words[row >>> 5]! &= ~(1 << (row & 31));
    await narrow(within, groups, request);
  }
  return groups.found;
}

/** Rows that can still make a difference. */
async function narrow(
  { words, rowCount }: RowFilter,
  groups: Groups,
  { grouping, moment, deadline }: GroupRequest,
): Promise<void> {
  const values = groups.areEnough ? groups.openValues : groups.exhaustedValues;
  if (values.length === 0) return;
  const hasValue: Filter = {
    kind: "field",
    path: grouping.path,
    test: { kind: "equals", operands: values },
  };
  const filter: Filter = groups.areEnough ? hasValue : { kind: "not", filter: hasValue };
  const { words: passing } = await moment.rowsPassing(filter, deadline);
  intersectRows(words, passing.subarray(0, Math.ceil(rowCount / 32)));
}

class Groups {
  readonly #size: number;
  readonly #countMax: number;
  readonly #byValue = new Map<string, RowGroup>();
  /** Whether a document has been met that belongs to several. */
  #doOverlap = false;

  constructor(size: number, countMax: number) {
    this.#size = size;
    this.#countMax = countMax;
  }

  offer(row: number, score: number, values: readonly Scalar[]): void {
    if (values.length > 1) this.#doOverlap = true;
    for (const value of values) {
      const key = JSON.stringify(value);
      let group = this.#byValue.get(key);
      if (group === undefined) {
        if (this.areEnough) continue;
        group = { value, rows: [], scores: [] };
        this.#byValue.set(key, group);
      }
      if (group.rows.length === this.#size) continue;
      group.rows.push(row);
      group.scores.push(score);
    }
  }

  get found(): readonly RowGroup[] {
    return [...this.#byValue.values()];
  }

  get areEnough(): boolean {
    return this.#byValue.size === this.#countMax;
  }

  get areFull(): boolean {
    return this.areEnough && this.openValues.length === 0;
  }

  get openValues(): readonly Scalar[] {
    return this.found.filter(({ rows }) => rows.length < this.#size).map(({ value }) => value);
  }

  /**
   * Of full groups whose other rows need not be met: they belong to no other group, as far as one can tell, and no other
   * text means the same.
   */
  get exhaustedValues(): readonly Scalar[] {
    if (this.#doOverlap) return [];
    return this.found
      .filter(({ rows, value }) => rows.length === this.#size && !isDate(value))
      .map(({ value }) => value);
  }
}

const isDate = (value: Scalar): boolean => typeof value === "string" && parseInstant(value) !== undefined;

/** Each once. */
function valuesOf(metadata: string | undefined, { path }: Grouping): readonly Scalar[] {
  if (metadata === undefined) return [];
  const values: readonly JsonValue[] = elementsOf(valuesAt(JSON.parse(metadata) as JsonObject, path));
  return [...new Set(values.filter(isScalar))];
}

function copyOf(allowed: RowFilter | undefined, moment: ReadMoment): RowFilter {
  if (allowed !== undefined) return { words: allowed.words.slice(), rowCount: allowed.rowCount };
  const { rowCount } = moment;
  return moment.unexpiredRows() ?? { words: fullRowBitset(rowCount), rowCount };
}
