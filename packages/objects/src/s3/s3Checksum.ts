import { assert } from "@akidb/base";
import { crc32 } from "@node-rs/crc32";

/**
 * CRC32, which S3's own SDKs use when nothing is said, and hence what every server that knows checksums at all knows:
 * sent with every body, kept by the store, given back with the object. An upload in parts has the checksum of its parts'
 * checksums (`COMPOSITE`), so the length of the parts is kept, too.
 */
export const encodeCrc32 = (crc: number): string => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc);
  return bytes.toString("base64");
};

export interface StoredChecksum {
  /** As S3 writes it: base64, for a composite `-` and the number of parts behind. */
  readonly text: string;
  /** Length of all parts but the last; undefined for an object that came in one piece. */
  readonly partBytes: number | undefined;
}

/** Compares an object with its checksum while its bytes pass in order. */
export class ChecksumVerifier {
  readonly #wanted: StoredChecksum;
  readonly #partChecksums: Buffer[] = [];
  #crc = 0;
  #inPart = 0;

  /** @returns undefined where the store keeps no checksum that can be verified: another program's upload */
  static of(checksum: StoredChecksum | undefined): ChecksumVerifier | undefined {
    if (checksum === undefined) return undefined;
    const isComposite = checksum.text.includes("-");
    return isComposite && checksum.partBytes === undefined ? undefined : new ChecksumVerifier(checksum);
  }

  private constructor(wanted: StoredChecksum) {
    this.#wanted = wanted;
  }

  add(chunk: Uint8Array): void {
    const partBytes = this.#isComposite ? this.#wanted.partBytes : Number.POSITIVE_INFINITY;
    assert(partBytes !== undefined, "a composite checksum has parts");
    for (let at = 0; at < chunk.length; ) {
      const part = chunk.subarray(at, at + Math.min(chunk.length, partBytes - this.#inPart));
      this.#crc = crc32(part, this.#crc);
      this.#inPart += part.length;
      at += part.length;
      if (this.#inPart === partBytes) this.#endPart();
    }
  }

  holds(): boolean {
    if (!this.#isComposite) return encodeCrc32(this.#crc) === this.#wanted.text;
    if (this.#inPart > 0) this.#endPart();
    const checksum = encodeCrc32(crc32(Buffer.concat(this.#partChecksums)));
    return `${checksum}-${this.#partChecksums.length}` === this.#wanted.text;
  }

  get #isComposite(): boolean {
    return this.#wanted.text.includes("-");
  }

  #endPart(): void {
    this.#partChecksums.push(Buffer.from(encodeCrc32(this.#crc), "base64"));
    this.#crc = 0;
    this.#inPart = 0;
  }
}
