import { type Deadline, unavailable } from "@akidb/base";
import type { AppliedState } from "../collection/appliedState.ts";
import { DamagedFileError } from "../damagedFileError.ts";
import type { OpenedTexts, StoredTexts } from "../documents/storedTexts.ts";
import type { FullTextQuery } from "../fullText/fullTextQuery.ts";
import type { RankedRows } from "../index/vectorIndex.ts";
import { hasRow, type RowBitset } from "../payload/rowBitset.ts";
import { TextMoment } from "./textMoment.ts";

/** Candidates taken from the full text at a time: more each time, since who needs many has a filter that few pass. */
const takenMin = 64;
const takenMax = 4_096;

export interface TextSearchParts {
  readonly state: () => AppliedState;
  readonly texts: StoredTexts;
  /** The full text is not what was written. */
  readonly onDamage: (error: DamagedFileError) => void;
}

export interface TextSearchRequest {
  readonly query: FullTextQuery;
  readonly k: number;
  /** Whether there is a filter, or anything else that asks the payload indexes. */
  readonly needsPayload: boolean;
  /**
   * Called in the turn of the moment itself, and again if it has to be another one.
   *
   * @returns which rows may be found, all if undefined
   */
  readonly begin: (moment: TextMoment) => Promise<RowBitset | undefined>;
}

/** What was found; the moment is to be disposed of when its documents have been read. */
export interface TextSearchResult extends Disposable {
  readonly moment: TextMoment;
  /** By BM25. */
  readonly found: RankedRows;
  /** Documents that the query matches, whatever the filter says. */
  readonly matchCount: number;
}

/** Searches the full text of a collection: what is acknowledged is found, all of it as of one moment. */
export class TextSearch {
  readonly #parts: TextSearchParts;

  constructor(parts: TextSearchParts) {
    this.#parts = parts;
  }

  /**
   * @throws what the deadline throws; AkiDbError `unavailable` where the full text is being made anew longer than that
   */
  async find(request: TextSearchRequest, deadline: Deadline): Promise<TextSearchResult> {
    try {
      return await this.#findOnce(request, deadline);
    } catch (error) {
      if (!(error instanceof DamagedFileError) || !error.isDerived) throw error;
      this.#parts.onDamage(error);
      await this.#parts.texts.beginAnew();
    }
    try {
      return await this.#findOnce(request, deadline);
    } catch (cause) {
      if (!(cause instanceof DamagedFileError)) throw cause;
      throw unavailable("the full text of the collection cannot be read", { cause });
    }
  }

  async #findOnce(request: TextSearchRequest, deadline: Deadline): Promise<TextSearchResult> {
    const { texts, allowed: deciding } = await this.#open(request, deadline);
    const { moment, reading } = texts;
    try {
      const allowed = await deciding;
      const matchCount = await reading.search(request.query, deadline);
      const found = await this.#take(texts, request.k, allowed, deadline);
      // The moment goes on; what keeps SQLite's log from being moved does not.
      reading.close();
      return { moment, found, matchCount, [Symbol.dispose]: () => moment[Symbol.dispose]() };
    } catch (error) {
      texts[Symbol.dispose]();
      throw error;
    }
  }

  async #open(
    { needsPayload, begin }: TextSearchRequest,
    deadline: Deadline,
  ): Promise<{ readonly texts: OpenedTexts<TextMoment>; readonly allowed: Promise<RowBitset | undefined> }> {
    const { state, texts } = this.#parts;
    for (;;) {
      if (needsPayload) await state().payload.upToDate(deadline);
      let deciding: Promise<RowBitset | undefined> | undefined;
      const opened = await texts.open(() => {
        const { payload } = state();
        const moment = TextMoment.now(state());
        deciding = needsPayload && !payload.isUpToDate ? undefined : begin(moment);
        // Nobody waits for it where opening fails.
        deciding?.catch(() => {});
        return moment;
      }, deadline);
      if (deciding !== undefined) return { texts: opened, allowed: deciding };
      // Compaction has put another state in its place meanwhile, which still reads.
      opened[Symbol.dispose]();
    }
  }

  async #take(
    { moment, reading }: OpenedTexts<TextMoment>,
    k: number,
    allowed: RowBitset | undefined,
    deadline: Deadline,
  ): Promise<RankedRows> {
    const rows: number[] = [];
    const scores: number[] = [];
    let count = takenMin;
    while (rows.length < k) {
      const { ids, scores: taken } = await reading.next(count);
      for (const [index, id] of ids.entries()) {
        const row = moment.rowOf(id);
        if (row === undefined || (allowed !== undefined && !hasRow(allowed, row))) continue;
        rows.push(row);
        scores.push(taken[index]!);
        if (rows.length === k) break;
      }
      if (ids.length < count) break;
      count = Math.min(4 * count, takenMax);
      deadline.check();
    }
    return { rows: Uint32Array.from(rows), scores: Float64Array.from(scores) };
  }
}
