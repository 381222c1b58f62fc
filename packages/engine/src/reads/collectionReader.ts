import { type Deadline, type Document, type Include, noDeadline, type RecallEstimate } from "@akidb/base";
import type { AppliedState } from "../collection/appliedState.ts";
import type { OpenCollectionOptions } from "../collection/openCollectionOptions.ts";
import type { StoredTexts } from "../documents/storedTexts.ts";
import type { Filter } from "../filter/filter.ts";
import type { RankedRows } from "../index/vectorIndex.ts";
import { concernsTexts } from "../query/checkTextQuery.ts";
import type { CollectionQuery, QueryAnswer } from "../query/collectionQuery.ts";
import { runQuery } from "../query/runQuery.ts";
import { runTextQuery } from "../query/runTextQuery.ts";
import { describeWhole } from "./describeDocument.ts";
import { findDocument } from "./findDocument.ts";
import { RecallMonitor } from "./recallMonitor.ts";
import { TextSearch } from "./textSearch.ts";

export interface CollectionReaderParts {
  readonly options: OpenCollectionOptions;
  /** The one that is served at the moment of a call: compaction replaces it. */
  readonly state: () => AppliedState;
  readonly texts: StoredTexts;
}

/** Answers what can be asked of a collection, in the calling thread, while its writer goes on. */
export class CollectionReader {
  readonly #options: OpenCollectionOptions;
  readonly #state: () => AppliedState;
  readonly #texts: StoredTexts;
  readonly #textSearch: TextSearch;
  readonly #recall: RecallMonitor;

  constructor({ options, state, texts }: CollectionReaderParts) {
    this.#options = options;
    this.#state = state;
    this.#texts = texts;
    this.#textSearch = new TextSearch({ state, texts, onDamage: options.onDamage ?? (() => {}) });
    const { clock, recallChecksPerMinute: checksPerMinute } = options;
    this.#recall = new RecallMonitor({ clock, checksPerMinute });
  }

  /** Undefined while nothing has been checked. */
  get recall(): RecallEstimate | undefined {
    return this.#recall.estimate;
  }

  /** As {@link findDocument} finds it. */
  get(key: string, include: readonly Include[], within?: Filter): Document | undefined {
    const state = this.#state();
    const document = findDocument(state, key, within);
    if (document === undefined) return undefined;
    const vector = () => state.index.vectorOf(state.rows.rowOf(document.id)!);
    return describeWhole({ document, vector }, include);
  }

  /**
   * The nearest documents, as of the call: exactly, or through the graph where there is one and `exact` does not ask
   * otherwise.
   *
   * @throws AkiDbError `invalid_argument`, `not_found` where a document that it names is not there; what the deadline throws
   */
  async query(query: CollectionQuery, deadline: Deadline): Promise<QueryAnswer> {
    if (concernsTexts(query)) {
      return await runTextQuery(query, {
        state: this.#state,
        options: this.#options,
        deadline,
        textSearch: this.#textSearch,
        texts: this.#texts,
      });
    }
    return await runQuery(query, {
      state: this.#state,
      options: this.#options,
      deadline,
      onGraphSearch: (state, vector, k, found) => this.#offerToMonitor(state, vector, k, found),
    });
  }

  #offerToMonitor(state: AppliedState, vector: Float32Array, k: number, found: RankedRows): void {
    // Not the caller's array, who may use it again before the check begins.
    this.#recall.offer(found, async () => {
      using _hold = state.hold();
      return await state.index.search(vector.slice(), { k, exact: true }, noDeadline());
    });
  }
}
