import { isAkiDbError, unavailable } from "@akidb/base";
import type {
  EmbeddingModel,
  EmbeddingProvider,
  EmbeddingState,
  EmbedOptions,
} from "../embeddingProvider.ts";
import { EmbeddingQueue } from "./embeddingQueue.ts";
import type { QueueOptions } from "./queueOptions.ts";
import { SteadyCalls } from "./steadyCalls.ts";

export interface QueuedProviderOptions extends QueueOptions {
  /** How long a provider that has failed is left before it is asked whether it is back; 5,000 if absent. */
  readonly probeIntervalMs?: number;
}

/**
 * The same provider behind queues, one for each model by its fingerprint. While it fails it is asked from time to time
 * whether it is back, so that its state is the truth although nobody uses it.
 */
export class QueuedProvider implements EmbeddingProvider {
  readonly kind: EmbeddingProvider["kind"];
  readonly modelNames: readonly string[];
  readonly #provider: EmbeddingProvider;
  readonly #options: QueuedProviderOptions;
  readonly #calls: SteadyCalls;
  readonly #queues = new Map<string, EmbeddingQueue>();
  #probing: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(provider: EmbeddingProvider, options: QueuedProviderOptions) {
    this.kind = provider.kind;
    this.modelNames = provider.modelNames;
    this.#provider = provider;
    this.#options = options;
    this.#calls = new SteadyCalls(options);
  }

  get state(): EmbeddingState {
    return this.#provider.state;
  }

  get queueDepth(): number {
    return [...this.#queues.values()].reduce((sum, { depth }) => sum + depth, 0);
  }

  async model(name?: string, dimension?: number, options?: EmbedOptions): Promise<EmbeddingModel> {
    return this.#queued(await this.#watched(() => this.#provider.model(name, dimension, options)));
  }

  async probe(options?: EmbedOptions): Promise<EmbeddingModel> {
    return this.#queued(await this.#watched(() => this.#provider.probe(options)));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#probing);
    for (const queue of this.#queues.values()) queue.close(closing());
    await this.#provider.close();
  }

  #queued(model: EmbeddingModel): EmbeddingModel {
    const { fingerprint } = model;
    const queue = this.#queues.get(fingerprint) ?? new EmbeddingQueue(model, this.#calls, this.#options);
    this.#queues.set(fingerprint, queue);
    return {
      name: model.name,
      dimension: model.dimension,
      maxTokens: model.maxTokens,
      fingerprint,
      embed: (texts, options) => this.#watched(() => queue.embed(texts, options)),
    };
  }

  async #watched<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#isClosed) throw closing();
    try {
      return await work();
    } catch (error) {
      if (isAkiDbError(error) && this.state.status === "degraded") this.#probeLater();
      throw error;
    }
  }

  #probeLater(): void {
    if (this.#isClosed || this.#probing !== undefined) return;
    this.#probing = setTimeout(() => {
      this.#probing = undefined;
      if (this.state.status === "degraded") void this.probe().catch(() => {});
    }, this.#options.probeIntervalMs ?? 5_000);
    this.#probing.unref();
  }
}

const closing = (): Error => unavailable("the database is closing");
