import type { DocumentId } from "@akidb/base";
import type { Mutation } from "../collection/mutation.ts";

/** Ids in memory, some 20 MiB; beyond, all documents have to be looked at again. */
const changedMax = 200_000;

/** Which documents were written or deleted since it was begun, or they were taken. */
export class ChangedDocuments implements Disposable {
  readonly #end: (changes: ChangedDocuments) => void;
  #ids = new Set<DocumentId>();
  #isIncomplete = false;

  constructor(end: (changes: ChangedDocuments) => void) {
    this.#end = end;
  }

  get count(): number {
    return this.#ids.size;
  }

  /** Whether there were more than are known. */
  get isIncomplete(): boolean {
    return this.#isIncomplete;
  }

  /** Begins anew, before all documents are looked at. */
  restart(): void {
    this.#ids.clear();
    this.#isIncomplete = false;
  }

  note(mutations: readonly Mutation[]): void {
    for (const mutation of mutations) {
      if ("ids" in mutation) this.add(mutation.ids);
      if ("documents" in mutation) for (const { id } of mutation.documents) this.#add(id);
    }
  }

  /** What was taken, and could not be dealt with. */
  add(ids: readonly DocumentId[]): void {
    for (const id of ids) this.#add(id);
  }

  /** Those that changed first, to be looked at from now on. */
  take(max: number): readonly DocumentId[] {
    const taken: DocumentId[] = [];
    for (const id of this.#ids) {
      if (taken.length === max) break;
      taken.push(id);
    }
    for (const id of taken) this.#ids.delete(id);
    return taken;
  }

  [Symbol.dispose](): void {
    this.#end(this);
  }

  #add(id: DocumentId): void {
    if (this.#ids.size < changedMax) this.#ids.add(id);
    else this.#isIncomplete ||= !this.#ids.has(id);
  }
}
