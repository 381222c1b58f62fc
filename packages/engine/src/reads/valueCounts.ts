import { invalidArgument, limits } from "@akidb/base";
import type { Scalar } from "../filter/filter.ts";

/** Of a map's entry, beside the characters of a text: measured on Node 24. */
const entryBytes = 80;

/** How many documents have each value, within a bound of memory. */
export class ValueCounts {
  readonly #counts = new Map<Scalar, number>();
  #bytes = 0;

  get size(): number {
    return this.#counts.size;
  }

  /** @throws AkiDbError `invalid_argument` where there are too many different values to count */
  add(value: Scalar, count: number): void {
    if (count === 0) return;
    const before = this.#counts.get(value);
    this.#counts.set(value, (before ?? 0) + count);
    if (before !== undefined) return;
    this.#bytes += entryBytes + (typeof value === "string" ? value.length : 0);
    if (this.#bytes > limits.facetBytesMax) {
      const detail = `has too many different values (more than ${this.#counts.size - 1}); narrow them by a filter`;
      throw invalidArgument("field", detail);
    }
  }

  entries(): IterableIterator<[Scalar, number]> {
    return this.#counts.entries();
  }
}
