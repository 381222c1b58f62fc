import {
  deadlineExceeded,
  invalidArguments,
  isAkiDbError,
  noDeadline,
  orAborted,
  unavailable,
} from "@akidb/base";
import type { EmbeddingModel, Embeddings, EmbedOptions, InputType } from "../embeddingProvider.ts";
import { emptyTexts } from "../emptyTexts.ts";
import { refusedTexts } from "../refusedTexts.ts";
import { batchCharactersMax } from "../textBatches.ts";
import { apportionedTokens } from "./apportionedTokens.ts";
import type { FairQueue } from "./fairQueue.ts";
import { QueuedRequest } from "./queuedRequest.ts";
import {
  cacheBytesMax,
  cachedCharactersMax,
  callsMax,
  type QueueOptions,
  queuedCharactersMax,
} from "./queueOptions.ts";
import type { SteadyCalls } from "./steadyCalls.ts";
import { VectorCache } from "./vectorCache.ts";
import { WaitingTexts } from "./waitingTexts.ts";

interface Place {
  readonly request: QueuedRequest;
  readonly index: number;
}

interface Batch {
  readonly inputType: InputType;
  /** Each text once, with everybody who waits for it. */
  readonly places: ReadonlyMap<string, Place[]>;
}

const retryAfterMsMin = 1_000;
const retryAfterMsMax = 60_000;

/**
 * The texts that wait for one model. What comes while calls are under way is gathered for the next one, of whomever it is;
 * where none is, it waits for the end of the event loop's turn, and no timer. Texts that were embedded lately are answered
 * at once.
 */
export class EmbeddingQueue {
  readonly #model: EmbeddingModel;
  readonly #options: QueueOptions;
  readonly #calls: SteadyCalls;
  readonly #waiting = new WaitingTexts();
  readonly #cache = new VectorCache(cacheBytesMax);
  readonly #underWay = new Set<Batch>();
  readonly #endings = new Map<Batch, AbortController>();
  #isWoken = false;
  /** Of late, with all calls together; undefined before the first one. */
  #msPerText: number | undefined;

  constructor(model: EmbeddingModel, calls: SteadyCalls, options: QueueOptions) {
    this.#model = model;
    this.#calls = calls;
    this.#options = options;
  }

  get depth(): number {
    return this.#waiting.textCount;
  }

  async embed(
    texts: readonly string[],
    { signal, tenant = "", inputType = "document" }: EmbedOptions = {},
  ): Promise<Embeddings> {
    const deadline = noDeadline(signal);
    deadline.check();
    const violations = emptyTexts(texts);
    if (violations.length > 0) throw invalidArguments(violations);
    if (texts.length === 0) return { vectors: new Float32Array(), totalTokens: 0 };
    const request = new QueuedRequest(texts, { tenant, inputType, dimension: this.#model.dimension });
    for (const [index, text] of texts.entries()) {
      const cached = this.#cache.get(cacheKey(request, text));
      if (cached === undefined) request.wait(index);
      else request.fill(index, cached.vector, cached.tokens);
    }
    this.#admit(request);
    this.#wake();
    try {
      return await orAborted(request.done, deadline);
    } finally {
      this.#leave(request);
    }
  }

  close(reason: Error): void {
    for (const request of [...this.#waiting.requests()]) {
      this.#waiting.remove(request);
      request.fail(reason);
    }
    for (const ending of this.#endings.values()) ending.abort(reason);
  }

  /**
   * Refused is what would make the queue too long, unless nothing waits: then it is as long as its caller made it. Where
   * others have filled it, a tenant still has its share, up to twice the length in all.
   */
  #admit(request: QueuedRequest): void {
    const { textCount, characterCount } = this.#waiting;
    const hasRoom = (times: number): boolean =>
      textCount + request.waitingCount <= times * this.#options.textsMax &&
      characterCount + request.waitingCharacters <= times * queuedCharactersMax;
    const isAdmitted =
      request.waitingCount === 0 ||
      textCount === 0 ||
      hasRoom(1) ||
      (hasRoom(2) && this.#isWithinShare(request));
    if (!isAdmitted) {
      throw unavailable("too many texts wait to be embedded already", { retryAfterMs: this.#drainMs() });
    }
    this.#waiting.add(request);
  }

  #isWithinShare({ tenant, waitingCount }: QueuedRequest): boolean {
    const others = this.#waiting.otherTenantCount(tenant);
    if (others === 0) return false;
    return this.#waiting.textCountOf(tenant) + waitingCount <= this.#options.textsMax / (others + 1);
  }

  #drainMs(): number {
    const ms = (this.#msPerText ?? 0) * this.#waiting.textCount;
    return Math.ceil(Math.min(retryAfterMsMax, Math.max(retryAfterMsMin, ms)));
  }

  /** Nothing is computed for those who have left, where nobody else waits for it. */
  #leave(request: QueuedRequest): void {
    if (request.isOver) return;
    this.#waiting.remove(request);
    request.leave();
    for (const batch of this.#underWay) {
      const isWanted = [...batch.places.values()].flat().some((place) => !place.request.isOver);
      if (!isWanted) this.#endings.get(batch)?.abort(deadlineExceeded("nobody waits for it any more"));
    }
  }

  #wake(): void {
    if (this.#isWoken) return;
    this.#isWoken = true;
    setImmediate(() => {
      this.#isWoken = false;
      this.#dispatch();
    });
  }

  #dispatch(): void {
    while (this.#underWay.size < callsMax) {
      const next = this.#waiting.nextQueue();
      if (next === undefined) return;
      const batch = { inputType: next.inputType, places: this.#nextPlaces(next.queue) };
      this.#underWay.add(batch);
      const ending = new AbortController();
      this.#endings.set(batch, ending);
      void this.#embedBatch(batch, ending.signal).finally(() => {
        this.#underWay.delete(batch);
        this.#endings.delete(batch);
        // A model that answers at once would keep everything else of the thread waiting.
        this.#wake();
      });
    }
  }

  #nextPlaces(waiting: FairQueue): Batch["places"] {
    const batch = new Map<string, Place[]>();
    let characters = 0;
    for (let request = waiting.next; request !== undefined; request = waiting.next) {
      const text = request.nextText;
      const places = batch.get(text);
      if (places === undefined) {
        const isFull =
          batch.size === this.#options.batchSize || characters + text.length > batchCharactersMax;
        if (batch.size > 0 && isFull) break;
        characters += text.length;
      }
      const place = { request, index: waiting.take(request) };
      if (places === undefined) batch.set(text, [place]);
      else places.push(place);
    }
    return batch;
  }

  async #embedBatch(batch: Batch, signal: AbortSignal): Promise<void> {
    const texts = [...batch.places.keys()];
    if (texts.length === 0) return;
    const { clock } = this.#options;
    const startMs = clock.monotonicMs();
    try {
      const embeddings = await this.#calls.run(signal, () =>
        this.#model.embed(texts, { signal, inputType: batch.inputType }),
      );
      this.#keepPace((clock.monotonicMs() - startMs) / texts.length);
      this.#answer(batch, texts, embeddings);
    } catch (error) {
      const refused = isAkiDbError(error) ? refusedTexts(error) : undefined;
      if (refused === undefined) this.#fail(batch, error);
      else await this.#embedBatch(withoutRefused(batch, texts, refused), signal);
    }
  }

  #answer(batch: Batch, texts: readonly string[], { vectors, totalTokens }: Embeddings): void {
    const { dimension } = this.#model;
    const tokens = apportionedTokens(texts, totalTokens);
    for (const [row, text] of texts.entries()) {
      const vector = vectors.subarray(row * dimension, (row + 1) * dimension);
      for (const { request, index } of batch.places.get(text)!) {
        if (text.length <= cachedCharactersMax) {
          this.#cache.set(cacheKey(request, text), vector, tokens[row]!);
        }
        request.fill(index, vector, tokens[row]!);
      }
    }
  }

  #fail(batch: Batch, error: unknown): void {
    for (const { request } of [...batch.places.values()].flat()) {
      this.#waiting.remove(request);
      request.fail(error);
    }
  }

  #keepPace(msPerText: number): void {
    const ms = msPerText / callsMax;
    this.#msPerText = this.#msPerText === undefined ? ms : 0.8 * this.#msPerText + 0.2 * ms;
  }
}

/** Each tenant's own: how soon an answer comes must not tell what others have asked. */
const cacheKey = ({ tenant, inputType }: QueuedRequest, text: string): string =>
  `${tenant}\n${inputType}\n${text}`;

function withoutRefused(batch: Batch, texts: readonly string[], refused: ReadonlyMap<number, string>): Batch {
  const rest = new Map<string, Place[]>();
  for (const [row, text] of texts.entries()) {
    const places = batch.places.get(text)!;
    const detail = refused.get(row);
    if (detail === undefined) rest.set(text, places);
    else for (const { request, index } of places) request.refuse(index, detail);
  }
  return { ...batch, places: rest };
}
