import { assert, type DocumentId } from "@akidb/base";
import type { ResolvedDocument } from "./mutation.ts";

/** What the resolution of a write needs to know of the documents before it. */
export interface DocumentLookup {
  readonly count: number;
  find(id: DocumentId): ResolvedDocument | undefined;
  idOfExternalId(externalId: string): DocumentId | undefined;
}

interface Entry {
  readonly document: ResolvedDocument;
  readonly row: number;
}

/** A search in progress: the documents that it may find stay readable by their rows. */
interface Pin {
  readonly removal: number;
}

/** The documents of a collection in memory, by id, by external id and by row of the index. */
export class DocumentTable implements DocumentLookup {
  readonly #byId = new Map<DocumentId, Entry>();
  readonly #idByExternalId = new Map<string, DocumentId>();
  readonly #byRow: (ResolvedDocument | undefined)[] = [];
  #stringCharacters = 0;
  /** Removals are numbered; the rows of those that a pin may still need wait here, oldest first. */
  #removal = 0;
  #removedRows: { readonly row: number; readonly removal: number }[] = [];
  /** Oldest first. */
  readonly #pins = new Set<Pin>();
  readonly #unpinnedWatchers: (() => void)[] = [];

  get count(): number {
    return this.#byId.size;
  }

  /** Of texts, metadata and external ids; V8 keeps one byte for a Latin-1 character and two for others. */
  get stringCharacters(): number {
    return this.#stringCharacters;
  }

  find(id: DocumentId): ResolvedDocument | undefined {
    return this.#byId.get(id)?.document;
  }

  idOfExternalId(externalId: string): DocumentId | undefined {
    return this.#idByExternalId.get(externalId);
  }

  rowOf(id: DocumentId): number | undefined {
    return this.#byId.get(id)?.row;
  }

  /** The document whose vector is in `row`; one that was replaced or deleted is there only for older pins. */
  atRow(row: number): ResolvedDocument | undefined {
    return this.#byRow[row];
  }

  /** Until the pin is disposed of, {@link DocumentTable.atRow} answers for every row that is alive now. */
  pin(): Disposable {
    const pin: Pin = { removal: this.#removal };
    this.#pins.add(pin);
    return {
      [Symbol.dispose]: () => {
        this.#pins.delete(pin);
        this.#forgetRemovedRows();
        if (this.#pins.size === 0) for (const resolve of this.#unpinnedWatchers.splice(0)) resolve();
      },
    };
  }

  /** Resolves when no search reads by row any more. */
  async unpinned(): Promise<void> {
    if (this.#pins.size > 0) await new Promise<void>((resolve) => this.#unpinnedWatchers.push(resolve));
  }

  /** Every document's row is below. */
  get rowEnd(): number {
    return this.#byRow.length;
  }

  /** @returns the row that holds the vector of the document replaced */
  put(document: ResolvedDocument, row: number): number | undefined {
    const replacedRow = this.remove(document.id);
    this.#byId.set(document.id, { document, row });
    if (document.externalId !== undefined) this.#idByExternalId.set(document.externalId, document.id);
    this.#byRow[row] = document;
    this.#stringCharacters += charactersOf(document);
    return replacedRow;
  }

  /** @returns the row that holds its vector; undefined if there is no such document */
  remove(id: DocumentId): number | undefined {
    const entry = this.#byId.get(id);
    if (entry === undefined) return undefined;
    const { document, row } = entry;
    assert(this.#byRow[row] === document, "a document and its row agree");
    this.#byId.delete(id);
    if (document.externalId !== undefined) this.#idByExternalId.delete(document.externalId);
    this.#stringCharacters -= charactersOf(document);
    this.#removedRows.push({ row, removal: this.#removal++ });
    this.#forgetRemovedRows();
    return row;
  }

  #forgetRemovedRows(): void {
    const [oldestPin] = this.#pins;
    const needed = oldestPin === undefined ? Number.POSITIVE_INFINITY : oldestPin.removal;
    const keepFrom = this.#removedRows.findIndex(({ removal }) => removal >= needed);
    const forgotten = this.#removedRows.splice(0, keepFrom === -1 ? this.#removedRows.length : keepFrom);
    for (const { row } of forgotten) this.#byRow[row] = undefined;
  }
}

const charactersOf = ({ externalId, text, metadata }: ResolvedDocument): number =>
  (externalId?.length ?? 0) + (text?.length ?? 0) + (metadata?.length ?? 0);
