import type { Reservation } from "@akidb/engine";

/** Bytes that are promised, and those that were used of promises since somebody measured. */
export class BytesTally {
  promised = 0;
  usedSince = 0;

  get total(): number {
    return this.promised + this.usedSince;
  }

  /** What is let go of counts as used. */
  promise(bytes: number): Reservation {
    this.promised += bytes;
    return new PromisedBytes(this, bytes);
  }
}

/** A class, because every write makes some: objects whose method is made with them cost a microsecond each. */
class PromisedBytes implements Reservation {
  readonly #tally: BytesTally;
  #bytes: number;

  constructor(tally: BytesTally, bytes: number) {
    this.#tally = tally;
    this.#bytes = bytes;
  }

  [Symbol.dispose](): void {
    this.#tally.promised -= this.#bytes;
    this.#tally.usedSince += this.#bytes;
    this.#bytes = 0;
  }
}
