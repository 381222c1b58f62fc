import { type Deadline, limits, type QueryPlan } from "@akidb/base";
import type { RowFilter } from "@akidb/kernel";
import type { FoundRows, SegmentEffort } from "../index/vectorIndex.ts";
import { intersectRows } from "../payload/rowBitset.ts";
import type { ReadMoment } from "../reads/readMoment.ts";
import type { CheckedQuery } from "./checkQuery.ts";
import type { FilterPlan } from "./filterPlan.ts";
import type { ResolvedTarget } from "./queryTarget.ts";

export interface Candidates {
  /** Best first. */
  readonly rows: readonly number[];
  readonly scores: readonly number[];
  /** Whether there is nothing behind them. */
  readonly isAll: boolean;
}

export interface CandidateSearchParts {
  readonly query: CheckedQuery;
  readonly target: ResolvedTarget;
  readonly filter: FilterPlan | undefined;
  readonly moment: ReadMoment;
  readonly deadline: Deadline;
  /** Is told of the plain search through the graph, if it was one. */
  readonly onGraphSearch: (k: number, found: FoundRows) => void;
}

/** Documents read between two turns of the event loop. */
const documentsPerSlice = 200;

/** Finds the nearest rows that may be an answer to a query, as many as are asked for, and counts what it took. */
export class CandidateSearch {
  readonly #parts: CandidateSearchParts;
  readonly #efforts: SegmentEffort[] = [];
  #candidateCount = 0;

  constructor(parts: CandidateSearchParts) {
    this.#parts = parts;
  }

  /** Rows that were found, in all searches together. */
  get candidateCount(): number {
    return this.#candidateCount;
  }

  /** Of each segment, all searches together. */
  get efforts(): readonly SegmentEffort[] {
    return this.#efforts;
  }

  /**
   * @param within rows to look among, of those that the filter allows; all of these if absent
   * @throws what the deadline throws; AkiDbError where a document cannot be read
   */
  async nearest(k: number, within?: RowFilter): Promise<Candidates> {
    const { filter, target, moment } = this.#parts;
    let wanted = Math.min(limits.topKMax, k + target.leftOut.size);
    if (filter?.check === "candidates") wanted = Math.min(limits.topKMax, 2 * wanted);
    for (;;) {
      const found = await this.#search(wanted, allowedWithin(filter, within) ?? moment.unexpiredRows());
      const { rows, scores, isCut } = await this.#accepted(found, k);
      const isAll = isCut || (rows.length < k && found.rows.length < wanted);
      if (rows.length >= k || isAll || filter?.check !== "candidates") {
        this.#candidateCount += found.rows.length;
        return { rows, scores, isAll };
      }
      // Too few of what was found passes the filter.
      if (wanted === limits.topKMax) await filter.lookUpAll();
      wanted = Math.min(limits.topKMax, 4 * wanted);
    }
  }

  /** The first `k` that are an answer. */
  async #accepted({ rows, scores }: FoundRows, k: number) {
    const { filter, target, query, deadline } = this.#parts;
    const accepted = { rows: [] as number[], scores: [] as number[], isCut: false };
    for (const [rank, row] of rows.entries()) {
      if (scores[rank]! < query.minScore) return { ...accepted, isCut: true };
      if (accepted.rows.length === k) break;
      if (filter?.check === "candidates" && rank % documentsPerSlice === documentsPerSlice - 1) {
        await new Promise((resolve) => setImmediate(resolve));
        deadline.check();
      }
      if (target.leftOut.has(row) || filter?.passes(row) === false) continue;
      accepted.rows.push(row);
      accepted.scores.push(scores[rank]!);
    }
    return accepted;
  }

  async #search(k: number, allowed: RowFilter | undefined): Promise<FoundRows> {
    const { query, target, moment, deadline, onGraphSearch } = this.#parts;
    const { exact, ef, rescore } = query;
    const found = await moment.state.index.search(
      target.vector,
      {
        k,
        exact,
        byCodes: !rescore,
        ...(ef !== undefined && { ef }),
        ...(allowed !== undefined && { filter: allowed }),
      },
      deadline,
    );
    for (const [segment, effort] of found.efforts.entries()) {
      this.#efforts[segment] = sumOf(this.#efforts[segment], effort);
    }
    if (allowed === undefined && planOf(found.efforts) === "graph" && rescore) onGraphSearch(k, found);
    return found;
  }
}

/** What a filter allows, once it is known of every row. */
function allowedWithin(filter: FilterPlan | undefined, within: RowFilter | undefined): RowFilter | undefined {
  if (within === undefined || filter?.check !== "documents") return within ?? filter?.allowed;
  const words = within.words.slice();
  intersectRows(words, filter.allowed.words);
  return { words, rowCount: within.rowCount };
}

export function planOf(efforts: readonly SegmentEffort[]): QueryPlan {
  const isWalked = (...methods: readonly SegmentEffort["method"][]): boolean =>
    efforts.some(({ method }) => methods.includes(method));
  if (isWalked("checked_walk", "match_walk")) return "filtered";
  return isWalked("graph") ? "graph" : "exact";
}

/** Of searches one after the other; how it was done is told of the first. */
function sumOf(before: SegmentEffort | undefined, effort: SegmentEffort): SegmentEffort {
  if (before === undefined) return effort;
  return {
    ...before,
    codeDistances: before.codeDistances + effort.codeDistances,
    exactDistances: before.exactDistances + effort.exactDistances,
  };
}
