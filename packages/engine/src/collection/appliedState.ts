import { assert, assertNever } from "@akidb/base";
import type { VectorIndex } from "../index/vectorIndex.ts";
import { DocumentTable } from "./documentTable.ts";
import type { Mutation } from "./mutation.ts";

/** Heap of one document's objects, id and map entry, beside its other strings: measured on Node 24 with 500,000. */
const documentHeapBytes = 250;

/** What a collection holds in memory: all that was logged, applied. The same code applies new writes and replays. */
export class AppliedState {
  readonly index: VectorIndex;
  readonly documents = new DocumentTable();
  readonly #dimension: number;

  /** @param index empty, of the dimension */
  constructor(index: VectorIndex, dimension: number) {
    this.index = index;
    this.#dimension = dimension;
  }

  /** An estimate for the documents, exact for the vectors. */
  get memoryBytes(): number {
    const { count, stringCharacters } = this.documents;
    return this.index.memoryBytes + count * documentHeapBytes + stringCharacters;
  }

  /** Searches see it from the index's next `publish` on. */
  apply(mutation: Mutation): void {
    switch (mutation.kind) {
      case "upsert":
        this.#upsert(mutation);
        break;
      case "delete":
        this.#delete(mutation);
        break;
      default:
        assertNever(mutation);
    }
  }

  /** Frees the vectors once no search reads them any more. */
  async close(): Promise<void> {
    await this.documents.unpinned();
    await this.index.close();
  }

  #upsert({ documents, vectors }: Extract<Mutation, { kind: "upsert" }>): void {
    const dimension = this.#dimension;
    assert(vectors.length === documents.length * dimension, "one vector of the dimension for each document");
    this.index.reserve(documents.length);
    for (const [position, document] of documents.entries()) {
      const row = this.index.add(vectors.subarray(position * dimension, (position + 1) * dimension));
      const replacedRow = this.documents.put(document, row);
      if (replacedRow !== undefined) this.index.remove(replacedRow);
    }
  }

  #delete({ ids }: Extract<Mutation, { kind: "delete" }>): void {
    for (const id of ids) {
      const row = this.documents.remove(id);
      if (row !== undefined) this.index.remove(row);
    }
  }
}
