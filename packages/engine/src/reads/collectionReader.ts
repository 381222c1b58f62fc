import {
  type Deadline,
  type Document,
  type FieldViolation,
  type Include,
  invalidArguments,
  limits,
  type Match,
  noDeadline,
  type RecallEstimate,
  scoreToDistance,
} from "@akidb/base";
import type { AppliedState } from "../collection/appliedState.ts";
import type { OpenCollectionOptions } from "../collection/openCollectionOptions.ts";
import { checkVector } from "../collection/vectorCheck.ts";
import { parseFilter } from "../filter/parseFilter.ts";
import type { RankedRows } from "../index/vectorIndex.ts";
import { describeDocument, describeWhole } from "./describeDocument.ts";
import { findDocument } from "./findDocument.ts";
import { ReadMoment } from "./readMoment.ts";
import { RecallMonitor } from "./recallMonitor.ts";

export interface CollectionQuery {
  readonly vector: Float32Array | readonly number[];
  /** 1..limits.topKMax */
  readonly topK: number;
  /** 1..limits.efMax; the collection's own if absent. */
  readonly ef?: number;
  readonly exact?: boolean;
  /** What documents must say in their metadata, in the language of `parseFilter`. */
  readonly filter?: unknown;
  readonly include: readonly Include[];
}

/** Answers what can be asked of a collection, in the calling thread, while its writer goes on. */
export class CollectionReader {
  readonly #options: OpenCollectionOptions;
  readonly #state: () => AppliedState;
  readonly #recall: RecallMonitor;

  /** @param state the one that is served at the moment of a call: compaction replaces it */
  constructor(options: OpenCollectionOptions, state: () => AppliedState) {
    this.#options = options;
    this.#state = state;
    const { clock, recallChecksPerMinute: checksPerMinute } = options;
    this.#recall = new RecallMonitor({ clock, checksPerMinute });
  }

  /** Undefined while nothing has been checked. */
  get recall(): RecallEstimate | undefined {
    return this.#recall.estimate;
  }

  /** @param key an id or an external id */
  get(key: string, include: readonly Include[]): Document | undefined {
    const state = this.#state();
    const document = findDocument(state, key);
    if (document === undefined) return undefined;
    const vector = () => state.index.vectorOf(state.rows.rowOf(document.id)!);
    return describeWhole({ document, vector }, include);
  }

  /**
   * The nearest documents, best first, as of the call: exactly, or through the graph where there is one and `exact` does
   * not ask otherwise.
   *
   * @throws AkiDbError `invalid_argument`; what the deadline throws
   */
  async query(
    { vector, topK, ef, exact = false, filter, include }: CollectionQuery,
    deadline: Deadline,
  ): Promise<readonly Match[]> {
    const violations: FieldViolation[] = [];
    const checked = checkVector(vector, this.#options, "vector", violations);
    checkWholeNumber("top_k", topK, limits.topKMax, violations);
    if (typeof exact !== "boolean") violations.push({ path: "exact", detail: "must be true or false" });
    if (ef !== undefined) checkWholeNumber("ef", ef, limits.efMax, violations);
    if (checked === undefined || violations.length > 0) throw invalidArguments(violations);
    const parsed = filter === undefined ? undefined : parseFilter(filter);
    const state = this.#state();
    using moment =
      parsed === undefined ? ReadMoment.now(state) : await ReadMoment.withPayload(state, deadline);
    const allowed = parsed && (await moment.rowsPassing(parsed, deadline));
    const query = { k: topK, exact, ...(ef !== undefined && { ef }), ...(allowed && { filter: allowed }) };
    const found = await state.index.search(checked, query, deadline);
    if (!exact && parsed === undefined && state.index.linkedCount > 0) {
      this.#offerToMonitor(state, checked, topK, found);
    }
    const { rows, scores } = found;
    return Array.from(rows, (row, rank) => {
      const score = scores[rank]!;
      const distance = scoreToDistance(this.#options.metric, score);
      return { ...describeDocument(moment.describedAt(row), include), score, distance };
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

function checkWholeNumber(path: string, value: number, max: number, violations: FieldViolation[]): void {
  if (Number.isInteger(value) && value >= 1 && value <= max) return;
  violations.push({ path, detail: `must be a whole number from 1 to ${max}` });
}
