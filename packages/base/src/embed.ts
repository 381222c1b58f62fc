export interface EmbedInput {
  readonly texts: readonly string[];
  /** The server's default model if absent. */
  readonly model?: string;
  /** The model's own if absent; refused where the model cannot give it. */
  readonly dimension?: number;
}

export interface EmbedResult {
  readonly embeddings: readonly Float32Array[];
  readonly model: string;
  readonly dimension: number;
  readonly usage: { readonly totalTokens: number; readonly durationMs: number };
}
