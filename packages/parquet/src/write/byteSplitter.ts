/**
 * Splits floats into their bytes: the first ones of all, then the second ones, and so on. What it gives is good until the
 * call after the next: pages of fresh memory would have it collected a dozen times a second.
 */
export class ByteSplitter {
  #free = new Uint8Array(0);
  #given = new Uint8Array(0);

  split(floats: Float32Array): Uint8Array {
    const count = floats.length;
    const memory = this.#free.length < 4 * count ? new Uint8Array(4 * count) : this.#free;
    this.#free = this.#given;
    this.#given = memory;
    const split = memory.subarray(0, 4 * count);
    const words = new Uint32Array(floats.buffer, floats.byteOffset, count);
    if (count % 4 === 0) splitByFours(words, new Uint32Array(split.buffer, 0, count));
    else splitOneByOne(words, split);
    return split;
  }
}

function splitOneByOne(words: Uint32Array, split: Uint8Array): void {
  const count = words.length;
  for (let at = 0; at < count; at++) {
    const word = words[at]!;
    split[at] = word;
    split[count + at] = word >>> 8;
    split[2 * count + at] = word >>> 16;
    split[3 * count + at] = word >>> 24;
  }
}

/** Four bytes are stored at once (little-endian), which takes half of the time. */
function splitByFours(words: Uint32Array, split: Uint32Array): void {
  const count = words.length / 4;
  for (let at = 0; at < count; at++) {
    const a = words[4 * at]!;
    const b = words[4 * at + 1]!;
    const c = words[4 * at + 2]!;
    const d = words[4 * at + 3]!;
    split[at] = (a & 0xff) | ((b & 0xff) << 8) | ((c & 0xff) << 16) | (d << 24);
    split[count + at] = ((a >>> 8) & 0xff) | (b & 0xff00) | ((c & 0xff00) << 8) | ((d & 0xff00) << 16);
    split[2 * count + at] =
      ((a >>> 16) & 0xff) | ((b >>> 8) & 0xff00) | (c & 0xff0000) | ((d & 0xff0000) << 8);
    split[3 * count + at] = (a >>> 24) | ((b >>> 16) & 0xff00) | ((c >>> 8) & 0xff0000) | (d & 0xff000000);
  }
}
