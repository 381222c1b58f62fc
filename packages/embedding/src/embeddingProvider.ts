/** A source of embedding models. */
export interface EmbeddingProvider {
  readonly kind: EmbeddingProviderKind;
  /** What {@link EmbeddingProvider.model} takes; the default model first. */
  readonly modelNames: readonly string[];
  /**
   * Asks the model for its dimension where nothing else tells it, which may fail for a while.
   *
   * @param name the provider's default model if absent
   * @param dimension the model's own if absent
   *
   * Rejects with `invalid_argument` for a name that is not one of the provider's models, or a dimension that the model
   * cannot give; with `unavailable` where it cannot be asked; and as `embed` where the signal is aborted.
   */
  model(name?: string, dimension?: number, options?: EmbedOptions): Promise<EmbeddingModel>;
  /** Asks whether the default model is there, and rejects as `model` does. */
  probe(options?: EmbedOptions): Promise<EmbeddingModel>;
  /** As its last answer was. */
  readonly state: EmbeddingState;
  /** Texts that wait for their turn; 0 where none ever does. */
  readonly queueDepth: number;
  /** Refuses what waits, and ends what is under way. */
  close(): Promise<void>;
}

/** `loading`: it has not answered yet. */
export type EmbeddingState =
  | { readonly status: "ready" | "loading" }
  | { readonly status: "degraded"; readonly reason: string };

export const embeddingProviderKinds = ["hashing", "onnx", "http", "subprocess", "mock"] as const;

export type EmbeddingProviderKind = (typeof embeddingProviderKinds)[number];

export interface EmbeddingModel {
  readonly name: string;
  readonly dimension: number;
  /** Of one text, the rest of which is not seen; undefined where nobody tells. */
  readonly maxTokens?: number | undefined;
  /** Equal for two models if, and only if, they give the same vectors. What stores vectors stores this beside them. */
  readonly fingerprint: string;
  /**
   * A text's vector depends on that text alone, not on the others of its batch, but for the rounding of weights. Other work of the thread gets its turn
   * every few milliseconds.
   *
   * @param texts any number, of any length; lone surrogates are taken as separators
   * @throws AkiDbError `invalid_argument` that names every text without content (`texts[3]`): empty, white space only,
   * or nothing that the model can see
   * @throws AkiDbError `unavailable` where the provider fails; with `retryAfterMs` where that may pass
   * @throws AkiDbError the signal's reason if that is an AkiDbError, or else `unavailable`, once the signal is aborted
   */
  embed(texts: readonly string[], options?: EmbedOptions): Promise<Embeddings>;
}

export interface EmbedOptions {
  readonly signal?: AbortSignal;
  /** Who asks: where texts wait, each has its turn, however many the others bring. */
  readonly tenant?: string;
  /** What the texts are for; `document` if absent. Many models want it said, mostly by words before the text. */
  readonly inputType?: InputType;
}

export type InputType = "query" | "document";

export interface Embeddings {
  /** `texts.length × dimension`, row-major, in the order of the texts; each row of unit length. */
  readonly vectors: Float32Array;
  /** What the model read, in its own units. */
  readonly totalTokens: number;
}
