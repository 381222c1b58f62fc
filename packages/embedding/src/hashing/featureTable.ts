/** Enough for a page of text; the table then takes 192 KiB, which fits a second-level cache. */
export const featuresMax = 8_192;

const slotCount = 2 * featuresMax;
const slotMask = slotCount - 1;

/** Sums weights by 32-bit feature key: open addressing, linear probing, at most half full. */
export class FeatureTable {
  /** Entry + 1; 0 is free. */
  readonly #slots = new Int32Array(slotCount);
  readonly #slotOfEntry = new Int32Array(featuresMax);
  readonly #keys = new Int32Array(featuresMax);
  readonly #sums = new Float64Array(featuresMax);
  #size = 0;

  /** Distinct features. */
  get size(): number {
    return this.#size;
  }

  /** The caller sees to it that at most {@link featuresMax} features are added between two `clear`. */
  add(key: number, weight: number): void {
    let slot = key & slotMask;
    for (;;) {
      const entry = this.#slots[slot]! - 1;
      if (entry < 0) break;
      if (this.#keys[entry] === key) {
        this.#sums[entry]! += weight;
        return;
      }
      slot = (slot + 1) & slotMask;
    }
    const entry = this.#size++;
    this.#slots[slot] = entry + 1;
    this.#slotOfEntry[entry] = slot;
    this.#keys[entry] = key;
    this.#sums[entry] = weight;
  }

  /** @param entry 0..size − 1, in the order of first addition */
  keyAt(entry: number): number {
    return this.#keys[entry]!;
  }

  sumAt(entry: number): number {
    return this.#sums[entry]!;
  }

  /** O(size), so that short texts do not pay for the table's length. */
  clear(): void {
    for (let entry = 0; entry < this.#size; entry++) this.#slots[this.#slotOfEntry[entry]!] = 0;
    this.#size = 0;
  }
}
