import { type DocumentId, parseId, SeededRandom } from "@akidb/base";
import type { Mutation, ResolvedDocument } from "../collection/mutation.ts";

const documentCount = 60;
const nameCount = 40;

/**
 * The same mutations for the same seed, as a collection decides them: versions count, times of insertion stay, and an
 * external id belongs to one document at a time, though it wanders. `documents` is what they come to.
 * A golden file holds what a seed has made: what is new here begins behind the draws that there are.
 */
export class RandomMutations {
  readonly documents = new Map<DocumentId, ResolvedDocument>();
  lsn = 0;
  readonly #random: SeededRandom;

  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
  }

  next(): Mutation {
    this.lsn += 1;
    const count = 1 + this.#random.nextInt(6);
    if (this.#random.nextInt(4) === 0) {
      const ids = [...new Set(Array.from({ length: count }, () => this.#randomId()))];
      for (const id of ids) this.documents.delete(id);
      return { kind: "delete", ids, deletedAtMs: 0 };
    }
    if (this.#random.nextInt(4) === 0 && this.documents.size > 0) return this.#patch(count);
    const documents = Array.from({ length: count }, () => this.#upsert(this.#randomId()));
    return { kind: "upsert", documents, vectors: new Float32Array(count) };
  }

  #patch(count: number): Mutation {
    const befores = [...this.documents.values()].slice(0, count);
    const documents = befores.map((before) => ({
      ...before,
      metadata: JSON.stringify({ patched: this.lsn }),
      updatedAtMs: before.updatedAtMs + 1,
      version: before.version + 1,
    }));
    for (const document of documents) this.documents.set(document.id, document);
    return { kind: "patch", documents, metadataBefore: befores.map(({ metadata }) => metadata) };
  }

  #upsert(id: DocumentId): ResolvedDocument {
    const before = this.documents.get(id);
    const name = `n${this.#random.nextInt(nameCount)}`;
    const isFree = [...this.documents.values()].every(
      (other) => other.externalId !== name || other.id === id,
    );
    const document: ResolvedDocument = {
      id,
      externalId: isFree ? name : undefined,
      text: this.#randomText(),
      metadata: this.#random.nextInt(2) === 0 ? undefined : JSON.stringify({ at: this.lsn }),
      insertedAtMs: before?.insertedAtMs ?? 1_767_225_600_000 + this.lsn,
      updatedAtMs: 1_767_225_600_000.5 + this.lsn,
      version: (before?.version ?? 0) + 1,
      expiresAtMs: this.#random.nextInt(3) === 0 ? 1_800_000_000_000 + this.lsn : undefined,
    };
    this.documents.set(id, document);
    return document;
  }

  /** Now and then one that takes pages of its own. */
  #randomText(): string | undefined {
    switch (this.#random.nextInt(6)) {
      case 0:
        return undefined;
      case 1:
        return `ünï ☃ ${"𝄞\u0000x".repeat(this.#random.nextInt(4_000))}`;
      default:
        return `text ${this.#random.nextUint32()}`.repeat(this.#random.nextInt(20));
    }
  }

  #randomId(): DocumentId {
    const number = this.#random.nextInt(documentCount).toString(16).padStart(12, "0");
    return parseId<"document">(`01890000-0000-7000-8000-${number}`)!;
  }
}
