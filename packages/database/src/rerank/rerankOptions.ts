export interface RerankOptions {
  /** By which requests call it; `default` if absent. */
  readonly name?: string;
  /** Where it answers in the shape of Cohere's `/v2/rerank` and Jina's `/v1/rerank`. Undefined: there is none. */
  readonly url?: string | undefined;
  readonly model?: string | undefined;
  readonly apiKey?: string | undefined;
  /** 10,000 if absent; a request's own deadline holds, too. */
  readonly timeoutMs?: number;
}
