/** What a server says to a list of texts. */
export type ServerAnswer =
  | { readonly kind: "answered"; readonly body: string }
  /** It does not take the request as it is: one of its texts, their number, or how it is put. */
  | { readonly kind: "refused"; readonly reason: string };

export interface ServerRequest {
  readonly texts: readonly string[];
  readonly encoding: "base64" | "float";
  readonly signal: AbortSignal | undefined;
}

/** Rejects with `unavailable` where the server fails, with `retryAfterMs` where that may pass. */
export type AskServer = (request: ServerRequest) => Promise<ServerAnswer>;
