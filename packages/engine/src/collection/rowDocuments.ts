import { AkiDbError, type DocumentId, failedPrecondition, limits } from "@akidb/base";
import { DamagedFileError } from "../damagedFileError.ts";
import { DocumentCache } from "../documents/documentCache.ts";
import type { DocumentSnapshot, DocumentStore } from "../documents/documentStore.ts";
import type { RowTable } from "../rows/rowTable.ts";
import type { ResolvedDocument } from "./mutation.ts";

/** Documents by their rows, as of the moment of the pin. */
export interface PinnedDocuments extends Disposable {
  /** @throws AkiDbError `failed_precondition` where it is not what was written */
  atRow(row: number): ResolvedDocument;
  /**
   * Many, which are not wanted again soon.
   *
   * @throws AkiDbError `failed_precondition` where one of them is not what was written
   */
  atRows(rows: Uint32Array): readonly ResolvedDocument[];
}

export interface RowDocumentsParts {
  readonly store: DocumentStore;
  readonly rows: RowTable;
  /** A document was not what was written. */
  readonly onDamage: (error: DamagedFileError) => void;
}

/**
 * Reads documents by the rows that they have now, and keeps those read lately. Whoever changes the document of a row has it
 * {@link RowDocuments.forget forgotten}. What is not what was written is told, and refused.
 */
export class RowDocuments {
  readonly #store: DocumentStore;
  readonly #rows: RowTable;
  readonly #onDamage: (error: DamagedFileError) => void;
  readonly #cache = new DocumentCache<number>(limits.documentCacheBytesMax);

  constructor({ store, rows, onDamage }: RowDocumentsParts) {
    this.#store = store;
    this.#rows = rows;
    this.#onDamage = onDamage;
  }

  get cacheBytes(): number {
    return this.#cache.bytes;
  }

  forget(row: number): void {
    this.#cache.delete(row);
  }

  /** Of all rows. */
  forgetAll(): void {
    this.#cache.clear();
  }

  /** As it is now. @throws AkiDbError `failed_precondition` where it is not what was written */
  at(row: number): ResolvedDocument {
    const cached = this.#cache.get(row);
    if (cached !== undefined) return cached;
    const document = this.#read(this.#rows.idOf(row), this.#store);
    this.#cache.set(row, document);
    return document;
  }

  /** @returns undefined where it is missing or not what was written: whoever asks for it itself is told */
  tryToRead(id: DocumentId): ResolvedDocument | undefined {
    try {
      return this.#store.get(id);
    } catch (error) {
      if (error instanceof DamagedFileError) return undefined;
      throw error;
    }
  }

  /** As they are now. @throws AkiDbError `failed_precondition` where one is not what was written */
  many(ids: readonly DocumentId[]): readonly ResolvedDocument[] {
    using snapshot = this.#store.snapshot();
    return this.#readMany(ids, snapshot);
  }

  /** @param hold lets go of the rows, with the pin */
  pin(hold: Disposable): PinnedDocuments {
    const snapshot = this.#store.snapshot();
    const rows = this.#rows;
    return {
      atRow: (row) => (snapshot.isCurrent ? this.at(row) : this.#read(rows.idOf(row), snapshot)),
      atRows: (wanted) =>
        this.#readMany(
          Array.from(wanted, (row) => rows.idOf(row)),
          snapshot,
        ),
      [Symbol.dispose]: () => {
        snapshot[Symbol.dispose]();
        hold[Symbol.dispose]();
      },
    };
  }

  /**
   * Ids in the file of documents, in ascending order: of what was deleted lately, too.
   *
   * @throws AkiDbError `failed_precondition` where the file is not what was written
   */
  writtenIdsAfter(after: DocumentId | undefined, count: number): readonly DocumentId[] {
    try {
      return this.#store.writtenIdsAfter(after, count);
    } catch (error) {
      throw this.#refuseDamage(error, "the documents");
    }
  }

  #read(id: DocumentId, from: Pick<DocumentStore, "get">): ResolvedDocument {
    try {
      const document = from.get(id);
      if (document === undefined) throw new DamagedFileError("documents.db", `document ${id} is missing`);
      return document;
    } catch (error) {
      throw this.#refuseDamage(error, `document ${id}`);
    }
  }

  #readMany(ids: readonly DocumentId[], from: DocumentSnapshot): readonly ResolvedDocument[] {
    try {
      const documents = from.getMany(ids);
      if (documents.every((document) => document !== undefined)) return documents;
    } catch (error) {
      if (!(error instanceof DamagedFileError)) throw error;
    }
    // One by one it shows which of them is not what it should be.
    return ids.map((id) => this.#read(id, from));
  }

  /** @returns what callers are told of an error of the documents' file */
  #refuseDamage(error: unknown, what: string): unknown {
    if (!(error instanceof DamagedFileError)) return error;
    this.#onDamage(error);
    const refusal = failedPrecondition(`${what} cannot be read (${error.message})`);
    return new AkiDbError(refusal.code, refusal.message, { cause: error });
  }
}
