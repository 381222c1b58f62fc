import { crc32c } from "@node-rs/crc32";
import { objectBlockBytes } from "./objectFileFooter.ts";

/** The table of a file's blocks, made while its bytes pass in chunks of any size. */
export class BlockChecksums {
  readonly #checksums: number[] = [];
  #crc = 0;
  #inBlock = 0;

  add(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length; ) {
      const part = chunk.subarray(at, at + objectBlockBytes - this.#inBlock);
      this.#crc = crc32c(part, this.#crc);
      this.#inBlock += part.length;
      at += part.length;
      if (this.#inBlock === objectBlockBytes) this.#endBlock();
    }
  }

  /** Ends the last block. */
  table(): Uint8Array {
    if (this.#inBlock > 0) this.#endBlock();
    const bytes = new Uint8Array(this.#checksums.length * 4);
    const view = new DataView(bytes.buffer);
    for (const [index, checksum] of this.#checksums.entries()) view.setUint32(index * 4, checksum, true);
    return bytes;
  }

  #endBlock(): void {
    this.#checksums.push(this.#crc);
    this.#crc = 0;
    this.#inBlock = 0;
  }
}
