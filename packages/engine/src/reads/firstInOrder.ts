/** The first of many in an order, each once: O(1) amortised for each that is added, and memory for twice their number. */
export class FirstInOrder<Item> {
  readonly #count: number;
  readonly #compare: (a: Item, b: Item) => number;
  #items: Item[] = [];
  #bound: Item | undefined;

  /** @param count how many; at least 1 */
  constructor(count: number, compare: (a: Item, b: Item) => number) {
    this.#count = count;
    this.#compare = compare;
  }

  /** What does not come before it is none of the first. Undefined while that is not known of anything. */
  get bound(): Item | undefined {
    return this.#bound;
  }

  add(item: Item): void {
    if (this.#bound !== undefined && this.#compare(item, this.#bound) >= 0) return;
    this.#items.push(item);
    if (this.#items.length >= 2 * this.#count) this.#cut();
  }

  items(): readonly Item[] {
    this.#cut();
    return this.#items;
  }

  #cut(): void {
    const sorted = this.#items.sort(this.#compare);
    this.#items = sorted
      .filter((item, index) => index === 0 || this.#compare(sorted[index - 1]!, item) !== 0)
      .slice(0, this.#count);
    this.#bound = this.#items[this.#count - 1];
  }
}
