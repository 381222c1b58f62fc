export interface BackupStep {
  /** Of all, 0..1. */
  readonly progress: number;
  /** The one that is copied now. */
  readonly collection: string | null;
  /** Of the files that are there by now, sent by this backup or by an earlier one. */
  readonly copiedBytes: number;
}

/** Of a collection's share: its snapshot is written, then its files are copied. */
const writtenShare = 0.3;

/** How far a backup is: collections count by their size. What comes up while it runs sets it back. */
export class BackupProgress {
  readonly #onStep: (step: BackupStep) => void;
  #weights: readonly number[] = [];
  #total = 0;
  #done = 0;
  #collection: string | null = null;
  /** Of the collection, 0..1. */
  #share = 0;
  #expectedBytes = 0;
  #copiedOfCollection = 0;
  #copiedBytes = 0;
  #sentBytes = 0;

  constructor(onStep: (step: BackupStep) => void) {
    this.#onStep = onStep;
  }

  get sentBytes(): number {
    return this.#sentBytes;
  }

  /** @param weights of the collections that are copied next, in their order */
  plan(weights: readonly number[]): void {
    this.#weights = weights;
    this.#total = this.#done + weights.reduce((sum, weight) => sum + weight, 0);
  }

  begin(collection: string): void {
    this.#collection = collection;
    this.#share = 0;
    this.#expectedBytes = 0;
    this.#copiedOfCollection = 0;
    this.#tell();
  }

  /** @param share of its snapshot */
  written(share: number): void {
    this.#share = writtenShare * share;
    this.#tell();
  }

  expect(bytes: number): void {
    this.#expectedBytes = bytes;
  }

  copied(bytes: number): void {
    this.#copiedBytes += bytes;
    this.#copiedOfCollection += bytes;
    const share = Math.min(1, this.#copiedOfCollection / Math.max(1, this.#expectedBytes));
    this.#share = writtenShare + (1 - writtenShare) * share;
    this.#tell();
  }

  sent(bytes: number): void {
    this.#sentBytes += bytes;
  }

  end(): void {
    const [weight = 0, ...rest] = this.#weights;
    this.#done += weight;
    this.#weights = rest;
    this.#share = 0;
    this.#collection = null;
  }

  finish(): void {
    this.#done = this.#total;
    this.#weights = [];
    this.#tell();
  }

  #tell(): void {
    const [weight = 0] = this.#weights;
    const progress = this.#total === 0 ? 1 : Math.min(1, (this.#done + this.#share * weight) / this.#total);
    this.#onStep({ progress, collection: this.#collection, copiedBytes: this.#copiedBytes });
  }
}
