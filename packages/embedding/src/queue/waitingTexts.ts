import type { InputType } from "../embeddingProvider.ts";
import { FairQueue } from "./fairQueue.ts";
import type { QueuedRequest } from "./queuedRequest.ts";

/**
 * Queries and documents in a queue of their own each, since a call is for one or the other. The two have batches in turn
 * where both wait: a query waits for one batch of documents and no more.
 */
export class WaitingTexts {
  readonly #queues = { query: new FairQueue(), document: new FairQueue() };
  #last: InputType = "document";

  get textCount(): number {
    return this.#queues.query.textCount + this.#queues.document.textCount;
  }

  get characterCount(): number {
    return this.#queues.query.characterCount + this.#queues.document.characterCount;
  }

  textCountOf(tenant: string): number {
    return this.#queues.query.textCountOf(tenant) + this.#queues.document.textCountOf(tenant);
  }

  /** How many others than this tenant have texts here. */
  otherTenantCount(tenant: string): number {
    const tenants = new Set([...this.#queues.query.tenants, ...this.#queues.document.tenants]);
    return tenants.size - (tenants.has(tenant) ? 1 : 0);
  }

  add(request: QueuedRequest): void {
    this.#queues[request.inputType].add(request);
  }

  /** Call it before the request is over. */
  remove(request: QueuedRequest): void {
    this.#queues[request.inputType].remove(request);
  }

  /** What the next batch is to be filled from; undefined where nothing waits. */
  nextQueue(): { readonly inputType: InputType; readonly queue: FairQueue } | undefined {
    const other = this.#last === "document" ? "query" : "document";
    const inputType = this.#queues[other].textCount > 0 ? other : this.#last;
    if (this.#queues[inputType].textCount === 0) return undefined;
    this.#last = inputType;
    return { inputType, queue: this.#queues[inputType] };
  }

  *requests(): Generator<QueuedRequest> {
    yield* this.#queues.query.requests();
    yield* this.#queues.document.requests();
  }
}
