import type { Deadline, JsonObject } from "@akidb/base";
import type { RowFilter } from "@akidb/kernel";
import type { AppliedState } from "../collection/appliedState.ts";
import type { ResolvedDocument } from "../collection/mutation.ts";
import type { PinnedDocuments } from "../collection/rowDocuments.ts";
import type { Filter } from "../filter/filter.ts";
import type { FilterMatcher } from "../filter/filterMatcher.ts";
import { filteredRows } from "../payload/filteredRows.ts";
import { fullRowBitset, intersectRows, type RowBitset } from "../payload/rowBitset.ts";
import { exactly, isExact, type RowSets } from "../payload/rowSets.ts";
import type { Described } from "./describeDocument.ts";

/**
 * A collection as it is at one moment, while writes go on: whatever a search of this moment finds can be read as long as
 * it is held, though it may have been replaced by then.
 */
export class ReadMoment implements Disposable {
  readonly state: AppliedState;
  /** Rows that there are, dead ones among them. */
  readonly rowCount: number;
  readonly #hold: Disposable;
  readonly #pinned: PinnedDocuments;
  /** Documents that had expired by then: no read may show them. */
  readonly #expired: RowBitset | undefined;

  private constructor(state: AppliedState, hold: Disposable) {
    this.state = state;
    this.rowCount = state.rows.rowCount;
    this.#hold = hold;
    this.#pinned = state.pin();
    this.#expired = state.expiredRows();
  }

  /** Now, in this turn of the event loop. */
  static now(state: AppliedState): ReadMoment {
    return new ReadMoment(state, state.hold());
  }

  /**
   * The first moment at which filters can be answered: at once, unless the payload indexes are still being read after a
   * start.
   *
   * @param current the state that is served: while somebody waits for one, compaction may put another in its place, which
   *   alone knows what is written from then on
   * @throws what the deadline throws
   */
  static async withPayload(current: () => AppliedState, deadline: Deadline): Promise<ReadMoment> {
    for (;;) {
      const state = current();
      if (state.payload.isUpToDate) return ReadMoment.now(state);
      using _hold = state.hold();
      await state.payload.upToDate(deadline);
    }
  }

  /** @throws AkiDbError `failed_precondition` where it is not what was written */
  documentAt(row: number): ResolvedDocument {
    return this.#pinned.atRow(row);
  }

  describedAt(row: number): Described {
    return { document: this.documentAt(row), vector: () => this.state.index.vectorOf(row) };
  }

  /** Rows that have not expired, dead ones among them; undefined where that leaves out none. */
  unexpiredRows(): RowFilter | undefined {
    if (this.#expired === undefined) return undefined;
    return { words: this.#withoutExpired(fullRowBitset(this.rowCount)), rowCount: this.rowCount };
  }

  /**
   * Rows that pass a filter and have not expired, dead ones among them. To be called in the moment's own turn of the event
   * loop, or what was written since may be missing: documents that were replaced, not only those that are new.
   *
   * @throws what the deadline throws; AkiDbError where a document cannot be read
   */
  async rowsPassing(filter: Filter, deadline: Deadline): Promise<RowFilter> {
    return { words: await this.lookUp(filter, this.rowSets(filter), deadline), rowCount: this.rowCount };
  }

  /** As {@link ReadMoment.rowsPassing}, as far as the payload indexes can tell now. */
  rowSets(filter: Filter): RowSets {
    const sets = this.state.payload.index.find(filter, this.rowCount);
    if (this.#expired === undefined) return sets;
    const lower = this.#withoutExpired(sets.lower);
    return isExact(sets) ? exactly(lower) : { lower, upper: this.#withoutExpired(sets.upper) };
  }

  /**
   * Looks up what the indexes cannot tell of a filter in the documents.
   *
   * @throws what the deadline throws; AkiDbError where a document cannot be read
   */
  lookUp(filter: Filter, sets: RowSets, deadline: Deadline): Promise<RowBitset> {
    const isDead = (row: number): boolean => this.state.index.isDead(row);
    return filteredRows({ filter, sets, isDead, metadataAt: (row) => this.metadataAt(row), deadline });
  }

  /** Whether the document at a row that is alive passes a filter, by its metadata. */
  passes(row: number, matches: FilterMatcher): boolean {
    const metadata = this.metadataAt(row);
    return matches(metadata === undefined ? {} : (JSON.parse(metadata) as JsonObject));
  }

  /** JSON. */
  metadataAt(row: number): string | undefined {
    return this.documentAt(row).metadata;
  }

  /**
   * Rows of the documents that there are, or of those that pass a filter: one for each. As with
   * {@link ReadMoment.rowsPassing}, the call decides what the moment holds.
   *
   * @throws as {@link ReadMoment.rowsPassing}
   */
  async livingRows(filter: Filter | undefined, deadline: Deadline): Promise<RowBitset> {
    const living = this.#withoutExpired(this.state.index.aliveRows());
    if (filter !== undefined) intersectRows(living, (await this.rowsPassing(filter, deadline)).words);
    return living;
  }

  #withoutExpired(rows: RowBitset): RowBitset {
    const expired = this.#expired;
    return expired === undefined ? rows : rows.map((word, index) => word & ~(expired[index] ?? 0));
  }

  [Symbol.dispose](): void {
    this.#pinned[Symbol.dispose]();
    this.#hold[Symbol.dispose]();
  }
}
