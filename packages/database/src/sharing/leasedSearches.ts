import type { Principal } from "@akidb/access";
import {
  type Clock,
  type Deadline,
  type ErrorCode,
  isAkiDbError,
  type QueryPlan,
  type QueryResult,
} from "@akidb/base";
import { type PlainQuery, type QueryAnswer, type SharedCollection, SharedCollections } from "@akidb/engine";
import type { Call } from "../call.ts";
import { defaultTopK } from "../defaultTopK.ts";
import type { Log } from "../logEvent.ts";
import type { QueryOperationInput } from "../operations/query.ts";
import { slowQuery } from "../slowQuery.ts";
import type { SearchLease } from "./leaseSearch.ts";
import type { SharedGeneration } from "./sharedGeneration.ts";

/** What is measured of a search. */
export interface AnsweredSearch {
  readonly plan: QueryPlan;
  readonly durationMs: number;
  readonly authorizedMs: number;
}

export interface LeasedSearchesParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly onAnswered: (search: AnsweredSearch) => void;
  /** Of the control plane. */
  readonly generation: SharedGeneration;
  /** This thread's, by which `Database.releaseGuest` knows it: from 1 on, of no other that runs at the same time. */
  readonly guestNumber: number;
}

/**
 * One search of each caller and collection goes to the thread that writes at least so often: it asks for a lease where there is
 * none, and is seen there by all that looks after collections in use.
 */
const askIntervalMs = 250;

/** Callers and collections of one principal; more than that are forgotten, and ask anew. */
const placesMax = 1_000;

/** What it lets search is known by its name alone, and kept where it is dropped in time: places stay. */
interface KeptLease extends Omit<SearchLease, "share"> {
  readonly shareId: string;
}

/** What one caller may search: with a lease, for as long as that holds. */
interface Place {
  lease: KeptLease | undefined;
  askAtMs: number;
}

type LeasedCall = Pick<Call, "requestId" | "trace" | "caller" | "database" | "deadline">;

/** Answers searches in a thread that does not write, where it has a lease for them and nothing has changed. */
export class LeasedSearches {
  readonly #parts: LeasedSearchesParts;
  readonly #places = new WeakMap<Principal, Map<string, Place>>();
  readonly #collections: SharedCollections;

  constructor(parts: LeasedSearchesParts) {
    this.#parts = parts;
    this.#collections = new SharedCollections(parts);
  }

  /**
   * @returns undefined where another thread is to answer
   *
   * Rejects with what the deadline throws.
   */
  async answer(input: QueryOperationInput, call: LeasedCall): Promise<QueryResult | undefined> {
    const { clock, onAnswered } = this.#parts;
    const startMs = clock.monotonicMs();
    const place = this.#placeOf(input, call);
    if (place?.lease === undefined || startMs >= place.askAtMs) return undefined;
    const { lease } = place;
    const query = lease.generation === this.#parts.generation.now ? plainQueryOf(input, lease) : undefined;
    const shared = query && this.#collections.get(lease.shareId);
    if (query === undefined || shared === undefined) return undefined;
    const authorizedMs = clock.monotonicMs() - startMs;
    const answer = await this.#search(shared, query, call, lease);
    if (answer === undefined) return undefined;
    const latencyMs = clock.monotonicMs() - startMs;
    onAnswered({ plan: answer.plan, durationMs: latencyMs, authorizedMs });
    return { matches: answer.matches, latencyMs };
  }

  /** Whether a search that another thread is to answer should ask for a lease, which is said once for each that should. */
  wantsLease(input: QueryOperationInput, call: LeasedCall): boolean {
    const place = this.#placeOf(input, call);
    const nowMs = this.#parts.clock.monotonicMs();
    if (place === undefined || nowMs < place.askAtMs) return false;
    place.askAtMs = nowMs + askIntervalMs;
    return true;
  }

  keep(input: QueryOperationInput, call: LeasedCall, lease: SearchLease | undefined): void {
    const place = this.#placeOf(input, call);
    if (place === undefined) return;
    place.lease = undefined;
    if (lease === undefined) return;
    const { share, ...others } = lease;
    this.#collections.offer(share);
    place.lease = { ...others, shareId: share.id };
  }

  close(): void {
    this.#collections.close();
  }

  async #search(
    shared: SharedCollection,
    query: PlainQuery,
    call: LeasedCall,
    { collectionId, slowQueryMs }: KeptLease,
  ): Promise<QueryAnswer | undefined> {
    const { clock, log } = this.#parts;
    const startMs = clock.monotonicMs();
    let answer: QueryAnswer | undefined;
    let code: ErrorCode | undefined;
    try {
      answer = await shared.query(query, call.deadline);
      return answer;
    } catch (error) {
      // Whoever decides about everything says what is wrong with it.
      if (!hasEnded(call.deadline)) return undefined;
      code = isAkiDbError(error) ? error.code : "internal";
      throw error;
    } finally {
      const elapsedMs = clock.monotonicMs() - startMs;
      const isTold = answer !== undefined || code !== undefined;
      if (isTold && slowQueryMs > 0 && elapsedMs >= slowQueryMs) {
        const { topK } = query;
        const explanation = answer?.explain();
        log(slowQuery(call, collectionId, { target: "vector", topK, elapsedMs, explanation, code }));
      }
    }
  }

  #placeOf({ collection }: QueryOperationInput, { caller, database }: LeasedCall): Place | undefined {
    if (caller === "own_process" || caller.principal === null) return undefined;
    const places = this.#places.get(caller.principal) ?? new Map<string, Place>();
    const key = JSON.stringify([caller.ipAddress, database ?? null, collection]);
    const known = places.get(key);
    if (known !== undefined) return known;
    if (places.size >= placesMax) places.clear();
    const place = { lease: undefined, askAtMs: 0 };
    places.set(key, place);
    this.#places.set(caller.principal, places);
    return place;
  }
}

/** Undefined for a query that asks for more than the nearest to a vector, or for more than it may. */
function plainQueryOf(input: QueryOperationInput, { topKMax }: KeptLease): PlainQuery | undefined {
  const { collection: _, vector, topK = defaultTopK, offset = 0, include = ["metadata"], ...rest } = input;
  const { ef, minScore, exact = false, explain = false, ...others } = rest;
  if (vector === undefined || !(topK + offset <= topKMax)) return undefined;
  if (exact !== false || explain !== false) return undefined;
  if (Object.values(others).some((value) => value !== undefined)) return undefined;
  return {
    vector,
    topK,
    offset,
    include,
    ...(ef !== undefined && { ef }),
    ...(minScore !== undefined && { minScore }),
  };
}

function hasEnded(deadline: Deadline): boolean {
  try {
    deadline.check();
    return false;
  } catch {
    return true;
  }
}
