import { isAkiDbError, unavailable } from "@akidb/base";
import type {
  EmbeddingModel,
  EmbeddingProvider,
  EmbeddingProviderKind,
  EmbeddingState,
  EmbedOptions,
} from "@akidb/embedding";

export interface ServedProviderOptions {
  /** What collections and requests call its model; the provider's own if undefined. */
  readonly name: string | undefined;
  /** Another one, which computes nothing and starts nothing before it is asked. */
  readonly open: () => EmbeddingProvider;
  /** Others than this thread compute, which may fail for a while. */
  readonly mayBeAway: boolean;
}

/** As {@link EmbeddingState}; `unloaded`: nobody needs it, and its next text loads it. */
export type ServedState = EmbeddingState | { readonly status: "unloaded" };

const warmingText = "a vector database";

/**
 * The provider of one section of the configuration. It may be unloaded while the server goes on: what computes ends, and the next
 * text starts it again, for those, too, who hold its model from before.
 */
export class ServedProvider {
  readonly name: string;
  readonly kind: EmbeddingProviderKind;
  readonly mayBeAway: boolean;
  readonly #open: () => EmbeddingProvider;
  #provider: EmbeddingProvider;
  #known: EmbeddingModel | undefined;
  /** Calls that somebody waits for. */
  #callsInFlight = 0;
  #callsEver = 0;
  #isLoaded = false;
  #isWarming = false;
  readonly #unloading = new Set<Promise<void>>();

  constructor({ name, open, mayBeAway }: ServedProviderOptions) {
    this.mayBeAway = mayBeAway;
    this.#open = open;
    this.#provider = open();
    const [own = ""] = this.#provider.modelNames;
    this.name = name ?? own;
    this.kind = this.#provider.kind;
  }

  get state(): ServedState {
    if (!this.#isLoaded && this.mayBeAway) return { status: "unloaded" };
    const { state } = this.#provider;
    return this.#isWarming && state.status === "ready" ? { status: "loading" } : state;
  }

  get queueDepth(): number {
    return this.#provider.queueDepth;
  }

  get isInUse(): boolean {
    return this.#callsInFlight > 0;
  }

  /** Grows with every call: who sees the same number twice knows that nobody asked in between. */
  get callCount(): number {
    return this.#callsEver;
  }

  /** As {@link EmbeddingProvider.model}. */
  async model(name: string = this.name, dimension?: number, options?: EmbedOptions): Promise<EmbeddingModel> {
    const provider = this.#provider;
    const model = await this.#counted(() => provider.model(name, dimension, options));
    const served: EmbeddingModel = {
      name: model.name,
      dimension: model.dimension,
      maxTokens: model.maxTokens,
      fingerprint: model.fingerprint,
      embed: (texts, callOptions) =>
        this.#counted(async () => {
          const current = provider === this.#provider ? model : await this.#again(model, callOptions);
          return await current.embed(texts, callOptions);
        }),
    };
    if (dimension === undefined) this.#known = served;
    return served;
  }

  /** As `model()` gave it last; undefined where it was not loaded yet. */
  get known(): EmbeddingModel | undefined {
    return this.#known;
  }

  /** Loads it, and embeds a text, so that the first one of a caller finds all in place. Rejects as `model` and `embed` do. */
  async warm(options: EmbedOptions = {}): Promise<EmbeddingModel> {
    this.#isWarming = true;
    try {
      const model = await this.model(undefined, undefined, options);
      await model.embed([warmingText], options);
      return model;
    } finally {
      this.#isWarming = false;
    }
  }

  /** Ends what computes; who waits for it is refused. */
  async unload(): Promise<void> {
    const provider = this.#provider;
    this.#provider = this.#open();
    this.#isLoaded = false;
    const closed = provider.close().finally(() => this.#unloading.delete(closed));
    this.#unloading.add(closed);
    await closed;
  }

  async close(): Promise<void> {
    await this.#provider.close();
    await Promise.all(this.#unloading);
  }

  /** The same model of the provider as it was loaded since. */
  async #again({ name, dimension, fingerprint }: EmbeddingModel, options?: EmbedOptions) {
    const model = await this.#provider.model(name, dimension, options);
    if (model.fingerprint === fingerprint) return model;
    throw unavailable(`the embedding model ${JSON.stringify(name)} came back as another one`);
  }

  async #counted<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#callsInFlight += 1;
    this.#callsEver += 1;
    this.#isLoaded = true;
    try {
      return await work();
    } finally {
      this.#callsInFlight -= 1;
    }
  }
}

/** For work that nobody waits for: the state of the provider has it. @throws what is no outage */
export function ignoreOutage(error: unknown): void {
  if (!isAkiDbError(error)) throw error;
}
