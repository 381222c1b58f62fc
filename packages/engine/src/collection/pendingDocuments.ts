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
    return pending === undefined ? this.#below.find(id) : (pending ?? undefined);
  }

  idOfExternalId(externalId: string): DocumentId | undefined {
    const pending = this.#externalIds.get(externalId);
    return pending === undefined ? this.#below.idOfExternalId(externalId) : (pending ?? undefined);
  }

  put(document: ResolvedDocument): void {
    this.remove(document.id);
    this.#documents.set(document.id, document);
    if (document.externalId !== undefined) this.#externalIds.set(document.externalId, document.id);
    this.#count += 1;
  }

  remove(id: DocumentId): void {
    const document = this.find(id);
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
