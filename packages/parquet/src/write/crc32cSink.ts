import { crc32c } from "@node-rs/crc32";
import type { ByteSink } from "../byteSink.ts";

/** Counts and sums what passes on its way to another sink. */
export class Crc32cSink implements ByteSink {
  readonly #inner: ByteSink;
  #byteLength = 0;
  #crc32c = 0;

  constructor(inner: ByteSink) {
    this.#inner = inner;
  }

  get byteLength(): number {
    return this.#byteLength;
  }

  /** CRC32C (Castagnoli, RFC 3720) of everything so far. */
  get crc32c(): number {
    return this.#crc32c;
  }

  async append(bytes: Uint8Array): Promise<void> {
    this.#crc32c = crc32c(bytes, this.#crc32c);
    this.#byteLength += bytes.length;
    await this.#inner.append(bytes);
  }
}
