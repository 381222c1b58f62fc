import { assert, assertNever, type Metric } from "@akidb/base";
import { FlatIndex } from "../index/flatIndex.ts";
import { DocumentTable } from "./documentTable.ts";
import type { Mutation } from "./mutation.ts";

/** Heap of one document's objects, id and map entry, beside its other strings: measured on Node 24 with 500,000. */
const documentHeapBytes = 250;

/** What a collection holds in memory: all that was logged, applied. The same code applies new writes and replays. */
export class AppliedState {
  readonly index: FlatIndex;
  readonly documents: DocumentTable;

  constructor(dimension: number, metric: Metric) {
    this.index = new FlatIndex(dimension, metric);
    this.documents = new DocumentTable();
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

  /** The same documents without the rows of replaced and deleted ones, in the same order. */
  compacted(): AppliedState {
    const compacted = new AppliedState(this.index.dimension, this.index.metric);
    for (const { document, row } of this.documents.entriesByRow()) {
      compacted.documents.put(document, compacted.index.add(this.index.view.vectorOf(row)));
    }
    compacted.index.publish();
    return compacted;
  }

  #upsert({ documents, vectors }: Extract<Mutation, { kind: "upsert" }>): void {
    const { dimension } = this.index;
    assert(vectors.length === documents.length * dimension, "one vector of the dimension for each document");
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
