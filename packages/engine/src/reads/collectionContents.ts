import {
  type Deadline,
  type Document,
  type DocumentId,
  type Include,
  invalidArgument,
  limits,
} from "@akidb/base";
import type { AppliedState } from "../collection/appliedState.ts";
import { allOf } from "../filter/allOf.ts";
import { type FieldPath, parseFieldPath } from "../filter/fieldPath.ts";
import type { Filter } from "../filter/filter.ts";
import { parseFilter } from "../filter/parseFilter.ts";
import { countRows } from "../payload/rowBitset.ts";
import { countValues, countValuesOfDocuments } from "./countValues.ts";
import { type FetchedDocuments, type FetchRequest, fetchDocuments } from "./fetchDocuments.ts";
import { mostFrequent, type ValueCount } from "./mostFrequent.ts";
import { ReadMoment } from "./readMoment.ts";
import { type ScrolledPage, scrollPage } from "./scrollPage.ts";
import type { ValueCounts } from "./valueCounts.ts";

export interface ContentsScroll {
  /** In the language of `parseFilter`; every document if absent. */
  readonly filter?: unknown;
  /** What does not pass it is not there for whoever asks. */
  readonly within?: Filter | undefined;
  /** The last id of the page before. */
  readonly after?: DocumentId | undefined;
  readonly limit: number;
  readonly include: readonly Include[];
}

export interface FieldValuesRequest {
  /** Keys with a dot between them, as in a filter. */
  readonly field: string;
  readonly filter?: unknown;
  readonly within?: Filter | undefined;
  readonly limit: number;
}

export interface FieldValues {
  /** Most frequent first. */
  readonly values: readonly ValueCount[];
  /** Different values, those beyond the limit among them. */
  readonly distinctCount: number;
}

/** A collection's documents enumerated, counted and looked up, in the calling thread, while its writer goes on. */
export class CollectionContents {
  readonly #state: () => AppliedState;

  /** @param state the one that is served at the moment of a call: compaction replaces it */
  constructor(state: () => AppliedState) {
    this.#state = state;
  }

  /** @throws AkiDbError `invalid_argument` for the filter; as {@link scrollPage} */
  async scroll(
    { filter, within, after, ...page }: ContentsScroll,
    deadline: Deadline,
  ): Promise<ScrolledPage> {
    return await scrollPage(this.#state, { ...page, after, filter: allOf(within, parsed(filter)) }, deadline);
  }

  /**
   * The first documents in the order of their ids.
   *
   * @throws as {@link CollectionContents.scroll}; AkiDbError `invalid_argument` where they are too large for one answer
   */
  async first(request: Omit<ContentsScroll, "after">, deadline: Deadline): Promise<readonly Document[]> {
    const { documents, isCut } = await this.scroll(request, deadline);
    if (!isCut) return documents;
    throw invalidArgument(
      "limit",
      `is more than one answer holds, ${limits.answerBytesMax} bytes; ask for fewer`,
    );
  }

  /** @throws as {@link fetchDocuments} */
  fetch(request: FetchRequest, deadline: Deadline): Promise<FetchedDocuments> {
    return fetchDocuments(this.#state, request, deadline);
  }

  /**
   * Of the documents that pass, at one moment of the call.
   *
   * @throws AkiDbError `invalid_argument` for the filter; what the deadline throws
   */
  async count(
    { filter, within }: Pick<ContentsScroll, "filter" | "within">,
    deadline: Deadline,
  ): Promise<number> {
    const wanted = allOf(within, parsed(filter));
    if (wanted === undefined) return this.#state().count;
    using moment = await ReadMoment.withPayload(this.#state, deadline);
    return countRows(await moment.livingRows(wanted, deadline));
  }

  /**
   * How often each value of a field occurs, at one moment of the call.
   *
   * @throws AkiDbError `invalid_argument` for field and filter; as {@link countValues}
   */
  async values(
    { field, filter, within, limit }: FieldValuesRequest,
    deadline: Deadline,
  ): Promise<FieldValues> {
    const path = typeof field === "string" ? parseFieldPath(field) : undefined;
    if (path === undefined) {
      throw invalidArgument("field", "must be keys with a dot between them, a dot in a key written as \\.");
    }
    const wanted = allOf(within, parsed(filter));
    const counts = await this.#countValues(path, wanted, deadline);
    return { values: await mostFrequent(counts, limit, deadline), distinctCount: counts.size };
  }

  async #countValues(path: FieldPath, filter: Filter | undefined, deadline: Deadline): Promise<ValueCounts> {
    for (let attempt = 1; ; attempt++) {
      using moment = await ReadMoment.withPayload(this.#state, deadline);
      const { payload } = moment.state;
      const { index, replacementCount } = payload;
      const rows = await moment.livingRows(filter, deadline);
      const metadataAt = (row: number): string | undefined => moment.documentAt(row).metadata;
      const request = { index, path, rows, metadataAt, deadline };
      if (attempt > indexAttemptsMax) return await countValuesOfDocuments(request);
      const counts = await countValues(request);
      if (payload.replacementCount === replacementCount) return counts;
    }
  }
}

/** What is patched while it is counted makes a count worthless: then the documents are read as they were at the moment. */
const indexAttemptsMax = 3;

const parsed = (filter: unknown): Filter | undefined =>
  filter === undefined ? undefined : parseFilter(filter);
