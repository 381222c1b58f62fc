import type { DocumentId } from "@akidb/base";
import type { DocumentLookup } from "./documentLookup.ts";
import type { ResolvedDocument } from "./mutation.ts";

/**
 * Documents as they will be once writes that are decided, and not yet durable, have been applied: a layer over what is
 * there. Layers stack, so that an atomic batch can be dropped whole.
 */
export class PendingDocuments implements DocumentLookup {
  readonly #below: DocumentLookup;
  /** Null: deleted. */
  readonly #documents = new Map<DocumentId, ResolvedDocument | null>();
  /** Null: no document has it any more. */
  readonly #externalIds = new Map<string, DocumentId | null>();
  #count: number;

  constructor(below: DocumentLookup) {
    this.#below = below;
    this.#count = below.count;
  }

  get count(): number {
    return this.#count;
  }

  find(id: DocumentId): ResolvedDocument | undefined {
    const pending = this.#documents.get(id);
    if (pending === undefined) return this.#below.find(id);
    return pending === null || this.hasExpired(pending) ? undefined : pending;
  }

  idOfExternalId(externalId: string): DocumentId | undefined {
    const pending = this.#externalIds.get(externalId);
    if (pending === undefined) return this.#below.idOfExternalId(externalId);
    return pending === null || this.find(pending) === undefined ? undefined : pending;
  }

  expiredHolderOf(externalId: string): DocumentId | undefined {
    const pending = this.#externalIds.get(externalId);
    if (pending === null) return undefined;
    if (pending !== undefined) return this.find(pending) === undefined ? pending : undefined;
    const holder = this.#below.expiredHolderOf(externalId);
    // One that was written again meanwhile has what was written.
    return holder === undefined || this.#documents.has(holder) ? undefined : holder;
  }

  hasExpired(document: ResolvedDocument): boolean {
    return this.#below.hasExpired(document);
  }

  put(document: ResolvedDocument): void {
    this.remove(document.id);
    this.#documents.set(document.id, document);
    if (document.externalId !== undefined) this.#externalIds.set(document.externalId, document.id);
    this.#count += 1;
  }

  remove(id: DocumentId): void {
    // Of what has expired nothing counts, but the external id that it has here.
    const document = this.find(id) ?? this.#documents.get(id) ?? undefined;
    if (document === undefined) return;
    this.#documents.set(id, null);
    if (document.externalId !== undefined) this.#externalIds.set(document.externalId, null);
    this.#count -= 1;
  }

  /** @param below the layer right below, which then has what this one has */
  mergeInto(below: PendingDocuments): void {
    for (const [id, document] of this.#documents) below.#documents.set(id, document);
    for (const [externalId, id] of this.#externalIds) below.#externalIds.set(externalId, id);
    below.#count = this.#count;
  }
}
