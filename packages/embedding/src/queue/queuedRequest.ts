import { type AkiDbError, type FieldViolation, invalidArguments } from "@akidb/base";
import type { Embeddings, InputType } from "../embeddingProvider.ts";

export interface RequestTraits {
  readonly tenant: string;
  readonly inputType: InputType;
  readonly dimension: number;
}

/** Texts that somebody waits for together, and that may be embedded in several calls, with those of others. */
export class QueuedRequest {
  readonly tenant: string;
  readonly inputType: InputType;
  readonly done: Promise<Embeddings>;
  readonly #texts: readonly string[];
  readonly #vectors: Float32Array;
  readonly #dimension: number;
  readonly #ending = Promise.withResolvers<Embeddings>();
  readonly #violations: (FieldViolation & { readonly index: number })[] = [];
  readonly #waiting: number[] = [];
  #next = 0;
  #missing: number;
  #totalTokens = 0;
  #isOver = false;

  constructor(texts: readonly string[], { tenant, inputType, dimension }: RequestTraits) {
    this.#texts = texts;
    this.tenant = tenant;
    this.inputType = inputType;
    this.#dimension = dimension;
    this.#vectors = new Float32Array(texts.length * dimension);
    this.#missing = texts.length;
    this.done = this.#ending.promise;
    // Whoever has left hears of no failure.
    this.done.catch(() => {});
  }

  /** Answered, failed or left. */
  get isOver(): boolean {
    return this.#isOver;
  }

  get waitingCount(): number {
    return this.#isOver ? 0 : this.#waiting.length - this.#next;
  }

  get waitingCharacters(): number {
    let characters = 0;
    for (let i = this.#next; i < this.#waiting.length; i++) characters += this.#textAt(i).length;
    return characters;
  }

  wait(index: number): void {
    this.#waiting.push(index);
  }

  /** While some wait. */
  get nextText(): string {
    return this.#textAt(this.#next);
  }

  takeNext(): number {
    return this.#waiting[this.#next++]!;
  }

  fill(index: number, vector: Float32Array, tokens: number): void {
    if (this.#isOver) return;
    this.#vectors.set(vector, index * this.#dimension);
    this.#totalTokens += tokens;
    this.#settle();
  }

  refuse(index: number, detail: string): void {
    if (this.#isOver) return;
    this.#violations.push({ index, path: `texts[${index}]`, detail });
    this.#settle();
  }

  fail(error: unknown): void {
    this.#isOver = true;
    this.#ending.reject(error);
  }

  leave(): void {
    this.#isOver = true;
  }

  #textAt(position: number): string {
    return this.#texts[this.#waiting[position]!]!;
  }

  #settle(): void {
    this.#missing -= 1;
    if (this.#missing > 0) return;
    this.#isOver = true;
    if (this.#violations.length > 0) this.#ending.reject(this.#refusal());
    else this.#ending.resolve({ vectors: this.#vectors, totalTokens: this.#totalTokens });
  }

  #refusal(): AkiDbError {
    const inOrder = this.#violations.toSorted((one, other) => one.index - other.index);
    return invalidArguments(inOrder.map(({ path, detail }) => ({ path, detail })));
  }
}
