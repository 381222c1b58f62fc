/**
 * Buffers of one length, used again: each new one of some megabytes has the kernel clear its pages, and brings V8 nearer to a
 * collection of all garbage.
 */
export class PartBuffers {
  readonly partBytes: number;
  readonly #free: Uint8Array[] = [];

  constructor(partBytes: number) {
    this.partBytes = partBytes;
  }

  take(): Uint8Array {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(this.partBytes);
  }

  /** Only what nobody reads any more: a request that broke off may be on its way still. */
  giveBack(part: Uint8Array): void {
    if (part.length === this.partBytes) this.#free.push(part);
  }
}
