import type { Damaged } from "../../checkpoint/readBlocks.ts";
import { packedBytes } from "./packedRegion.ts";

/** What a file holds, to be taken part by part in the order in which the parts wrote it. */
export class StoredRegions {
  readonly #parts: Iterator<Uint8Array<ArrayBuffer>>;
  readonly #damaged: Damaged;

  /**
   * @param regions each in memory of its own
   * @param packs of each region, the lengths of its parts
   */
  constructor(
    regions: readonly Uint8Array<ArrayBuffer>[],
    packs: readonly (readonly number[])[],
    damaged: Damaged,
  ) {
    this.#damaged = damaged;
    this.require(regions.length === packs.length, "has regions that are not those of its directory");
    this.#parts = this.#unpack(regions, packs);
  }

  bytes(): Uint8Array<ArrayBuffer> {
    const { value, done } = this.#parts.next();
    this.require(done !== true, "has fewer parts than its directory names");
    return value;
  }

  words(): Uint32Array<ArrayBuffer> {
    const { buffer, length } = this.bytes();
    this.require(length % Uint32Array.BYTES_PER_ELEMENT === 0, "has words that are cut off");
    return new Uint32Array(buffer);
  }

  doubles(): Float64Array<ArrayBuffer> {
    const { buffer, length } = this.bytes();
    this.require(length % Float64Array.BYTES_PER_ELEMENT === 0, "has numbers that are cut off");
    return new Float64Array(buffer);
  }

  /** @throws DamagedFileError unless everything was taken */
  end(): void {
    this.require(this.#parts.next().done === true, "has parts that its directory does not name");
  }

  /** @throws DamagedFileError */
  require(isSo: boolean, reason: string): void {
    if (!isSo) throw this.#damaged(reason);
  }

  /** Parts of a pack are copied: as views they would keep all of it as long as one of them lives. */
  *#unpack(
    regions: readonly Uint8Array<ArrayBuffer>[],
    packs: readonly (readonly number[])[],
  ): Iterator<Uint8Array<ArrayBuffer>> {
    for (const [index, lengths] of packs.entries()) {
      const region = regions[index]!;
      if (lengths.length === 1) {
        this.require(region.length === lengths[0], "has a region that is not as long as it says");
        yield region;
        continue;
      }
      const bytes = lengths.reduce((sum, length) => sum + packedBytes(length), 0);
      this.require(region.length === bytes, "has a pack that is not as long as it says");
      let at = 0;
      for (const length of lengths) {
        yield region.slice(at, at + length);
        at += packedBytes(length);
      }
    }
  }
}
