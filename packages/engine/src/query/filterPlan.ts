import type { Deadline, FilterCheck } from "@akidb/base";
import type { RowFilter } from "@akidb/kernel";
import type { Filter } from "../filter/filter.ts";
import { type FilterMatcher, filterMatcher } from "../filter/filterMatcher.ts";
import { countRows, forEachRow, hasRow, type RowBitset } from "../payload/rowBitset.ts";
import { isExact, type RowSets } from "../payload/rowSets.ts";
import type { ReadMoment } from "../reads/readMoment.ts";

/** Rows left open that are looked up without a thought: a few milliseconds. */
const lookedUpMax = 500;
/** Of more, so many are looked up to learn what share of them passes. */
const sampleRows = 64;
/** Candidates that are looked up in place of all rows left open: as many as pay, and no more than a search returns. */
const candidatesMax = 5_000;

/**
 * How a filter is answered. `index`: the payload indexes told of every row. `documents`: what they left open was looked
 * up in the documents. `candidates`: only of what the search finds, once it has found it.
 */
export class FilterPlan {
  readonly #parts: FilterPlanParts;
  #check: FilterCheck = "index";
  #allowed: RowFilter;
  #documentsRead = 0;
  readonly #isPassing = new Map<number, boolean>();
  #matcher: FilterMatcher | undefined;

  /**
   * What the indexes know, in the moment's own turn. Where they leave rows {@link FilterPlan.isOpen}, the plan is to be
   * settled.
   */
  constructor(filter: Filter, moment: ReadMoment, deadline: Deadline) {
    const sets = moment.rowSets(filter);
    this.#parts = { filter, sets, moment, deadline };
    this.#allowed = { words: sets.upper, rowCount: moment.rowCount };
  }

  get isOpen(): boolean {
    return this.#check === "index" && !isExact(this.#parts.sets);
  }

  /**
   * Decides, by what it costs to read documents, whether all rows that the indexes leave open are looked up before the
   * search, or only those that it finds.
   *
   * @param wanted rows that the search is to return
   * @throws what the deadline throws; AkiDbError where a document cannot be read
   */
  async settle(wanted: number): Promise<void> {
    const { sets, moment } = this.#parts;
    const open = openRows(sets, moment);
    const openCount = countRows(open);
    if (openCount > lookedUpMax) {
      const share = passingShare(open, openCount, (row) => moment.passes(row, this.#matches));
      this.#documentsRead += sampleRows;
      const lowerCount = countRows(sets.lower);
      const expected = (2 * wanted * (lowerCount + openCount)) / (lowerCount + share * openCount);
      if (expected < Math.min(candidatesMax, openCount / 2)) {
        this.#check = "candidates";
        return;
      }
    }
    await this.lookUpAll();
  }

  get check(): FilterCheck {
    return this.#check;
  }

  /** Rows that may pass. */
  get allowed(): RowFilter {
    return this.#allowed;
  }

  get documentsRead(): number {
    return this.#documentsRead + this.#isPassing.size;
  }

  /** Whether a row of those allowed passes. */
  passes(row: number): boolean {
    const { sets, moment } = this.#parts;
    if (this.#check !== "candidates" || hasRow(sets.lower, row)) return true;
    let isPassing = this.#isPassing.get(row);
    if (isPassing === undefined) {
      isPassing = moment.passes(row, this.#matches);
      this.#isPassing.set(row, isPassing);
    }
    return isPassing;
  }

  /** Most filters never look at a document. */
  get #matches(): FilterMatcher {
    this.#matcher ??= filterMatcher(this.#parts.filter);
    return this.#matcher;
  }

  /** Looks up all that is left open; also where there are too few among the candidates that pass. */
  async lookUpAll(): Promise<void> {
    const { filter, sets, moment, deadline } = this.#parts;
    this.#documentsRead += countRows(openRows(sets, moment));
    this.#allowed = { words: await moment.lookUp(filter, sets, deadline), rowCount: moment.rowCount };
    this.#check = "documents";
  }
}

interface FilterPlanParts {
  readonly filter: Filter;
  readonly sets: RowSets;
  readonly moment: ReadMoment;
  readonly deadline: Deadline;
}

/** Alive ones. */
function openRows({ lower, upper }: RowSets, moment: ReadMoment): RowBitset {
  const open = upper.map((word, index) => word & ~lower[index]!);
  forEachRow(open, (row) => {
    if (moment.state.index.isDead(row)) open[row >>> 5]! &= ~(1 << (row & 31));
  });
  return open;
}

/** Of rows spread evenly; one that passes is supposed to be beside them, so that the share is not 0. */
function passingShare(rows: RowBitset, count: number, passes: (row: number) => boolean): number {
  const step = Math.floor(count / sampleRows);
  let place = 0;
  let passing = 1;
  forEachRow(rows, (row) => {
    if (place % step === 0 && place < step * sampleRows && passes(row)) passing += 1;
    place += 1;
  });
  return passing / (sampleRows + 1);
}
