/** A server that speaks the embeddings API of OpenAI: Ollama, vLLM, TEI, LM Studio and others. */
export interface HttpOptions {
  /** As clients of OpenAI take it (`http://127.0.0.1:11434/v1`), or whole, with `/embeddings` at its end. */
  readonly url: string;
  readonly model: string;
  readonly apiKey?: string | undefined;
  /** Texts of one request; 32 if absent, as much as servers take that were not told otherwise. */
  readonly batchSize?: number;
  /** For one request; 30,000 if absent. A caller's own deadline holds, too. */
  readonly timeoutMs?: number;
}

export const httpDefaults = { batchSize: 32, timeoutMs: 30_000 } as const;
