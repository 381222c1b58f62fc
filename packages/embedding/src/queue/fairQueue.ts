import type { QueuedRequest } from "./queuedRequest.ts";

/**
 * Whose text comes next: tenants take turns, and of one tenant its requests, a text each time, so that neither a tenant
 * that imports keeps the others waiting nor its import its own queries.
 */
export class FairQueue {
  /** In the order of their turns. */
  readonly #tenants = new Map<string, Set<QueuedRequest>>();
  readonly #textCounts = new Map<string, number>();
  #textCount = 0;
  #characterCount = 0;

  get textCount(): number {
    return this.#textCount;
  }

  get characterCount(): number {
    return this.#characterCount;
  }

  /** Of those who have texts here. */
  get tenants(): MapIterator<string> {
    return this.#textCounts.keys();
  }

  textCountOf(tenant: string): number {
    return this.#textCounts.get(tenant) ?? 0;
  }

  add(request: QueuedRequest): void {
    if (request.waitingCount === 0) return;
    this.#count(request.tenant, request.waitingCount);
    this.#characterCount += request.waitingCharacters;
    const requests = this.#tenants.get(request.tenant);
    if (requests === undefined) this.#tenants.set(request.tenant, new Set([request]));
    else requests.add(request);
  }

  /** With the texts that it has still waiting. Call it before the request is over. */
  remove(request: QueuedRequest): void {
    const requests = this.#tenants.get(request.tenant);
    if (!requests?.delete(request)) return;
    this.#count(request.tenant, -request.waitingCount);
    this.#characterCount -= request.waitingCharacters;
    if (requests.size === 0) this.#tenants.delete(request.tenant);
  }

  /** Undefined where nothing waits. */
  get next(): QueuedRequest | undefined {
    const [requests] = this.#tenants.values();
    const [request] = requests ?? [];
    return request;
  }

  /** Takes the next text of {@link next}, and gives the turn on. @returns its place in the request */
  take(request: QueuedRequest): number {
    const requests = this.#tenants.get(request.tenant)!;
    this.#count(request.tenant, -1);
    this.#characterCount -= request.nextText.length;
    const index = request.takeNext();
    requests.delete(request);
    if (request.waitingCount > 0) requests.add(request);
    this.#tenants.delete(request.tenant);
    if (requests.size > 0) this.#tenants.set(request.tenant, requests);
    return index;
  }

  #count(tenant: string, more: number): void {
    this.#textCount += more;
    const count = this.textCountOf(tenant) + more;
    if (count === 0) this.#textCounts.delete(tenant);
    else this.#textCounts.set(tenant, count);
  }

  *requests(): Generator<QueuedRequest> {
    for (const requests of this.#tenants.values()) yield* requests;
  }
}
