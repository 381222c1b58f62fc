import type { Collection } from "@akidb/engine";

/** The collection stays open until it is disposed of. */
export interface CollectionLease extends Disposable {
  readonly collection: Collection;
}

/**
 * Who uses the collection of a slot: users wait for it or have it, leases are of those that have it. Each user enters and leaves
 * once, whatever becomes of the collection.
 */
export class SlotUsers {
  #userCount = 0;
  readonly #whenUnused: (() => void)[] = [];
  #leaseCount = 0;
  readonly #whenUnleased: (() => void)[] = [];

  get areThere(): boolean {
    return this.#userCount > 0;
  }

  enter(): void {
    this.#userCount += 1;
  }

  leave(): void {
    this.#userCount -= 1;
    if (this.#userCount === 0) for (const resolve of this.#whenUnused.splice(0)) resolve();
  }

  /** For a user, who leaves with it. @param leave called once */
  lease(collection: Collection, leave: () => void): CollectionLease {
    let isHeld = true;
    this.#leaseCount += 1;
    return {
      collection,
      [Symbol.dispose]: () => {
        if (!isHeld) return;
        isHeld = false;
        this.#leaseCount -= 1;
        if (this.#leaseCount === 0) this.takeBack();
        leave();
      },
    };
  }

  /** Resolves when there are no users. */
  async gone(): Promise<void> {
    if (this.#userCount > 0) await new Promise<void>((resolve) => this.#whenUnused.push(resolve));
  }

  /** Resolves when there are no leases, or they are {@link SlotUsers.takeBack taken back}. */
  async unleased(): Promise<void> {
    if (this.#leaseCount > 0) await new Promise<void>((resolve) => this.#whenUnleased.push(resolve));
  }

  /** Nobody waits any more for those who have the collection. */
  takeBack(): void {
    for (const resolve of this.#whenUnleased.splice(0)) resolve();
  }
}
