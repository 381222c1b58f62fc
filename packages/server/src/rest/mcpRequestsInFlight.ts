import { isPlainObject } from "@akidb/base";

/** A message, and whose it is. */
export interface McpCall {
  readonly tenantId: string;
  /** What the client calls its requests by: their ids are its own. Undefined for clients of the newest revision. */
  readonly session: string | undefined;
  readonly message: unknown;
}

/**
 * Requests of the Model Context Protocol that may be cancelled by a message of their own. A session is a name that was given
 * to a client, and that it brings back: nothing is kept of it but what is in flight, which connections bound.
 */
export class McpRequestsInFlight {
  readonly #controllers = new Map<string, AbortController>();
  readonly #tellOthers: (key: string) => void;

  /** @param tellOthers of a message that cancels what is not here: other threads may have the request that it means */
  constructor(tellOthers: (key: string) => void = () => {}) {
    this.#tellOthers = tellOthers;
  }

  /** Until it is disposed of, a message that cancels it aborts its signal. */
  begin(call: McpCall): Disposable & { readonly signal: AbortSignal } {
    const controller = new AbortController();
    this.#cancel(call);
    const key = keyOf(call, isPlainObject(call.message) ? call.message["id"] : undefined);
    // The second of the same name cannot be told from the first.
    if (key === undefined || this.#controllers.has(key)) {
      return { signal: controller.signal, [Symbol.dispose]: () => {} };
    }
    this.#controllers.set(key, controller);
    return { signal: controller.signal, [Symbol.dispose]: () => void this.#controllers.delete(key) };
  }

  #cancel(call: McpCall): void {
    const { message } = call;
    if (!isPlainObject(message) || message["method"] !== "notifications/cancelled") return;
    const { params } = message;
    const key = keyOf(call, isPlainObject(params) ? params["requestId"] : undefined);
    if (key === undefined) return;
    if (this.#controllers.has(key)) this.cancelKey(key);
    else this.#tellOthers(key);
  }

  /** As another thread was told. */
  cancelKey(key: string): void {
    this.#controllers.get(key)?.abort();
  }
}

/** Undefined for what is no request, and for clients that have no name. */
function keyOf({ tenantId, session }: McpCall, id: unknown): string | undefined {
  if (session === undefined || (typeof id !== "string" && typeof id !== "number")) return undefined;
  return JSON.stringify([tenantId, session, id]);
}
