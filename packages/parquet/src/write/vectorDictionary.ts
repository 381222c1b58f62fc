export interface CodedVectors {
  /** In the order in which they first occur. */
  readonly dictionary: Float32Array;
  readonly indexes: Uint8Array;
}

const entriesMax = 256;
const slotCount = 1024;
const empty = -1;

/**
 * @returns undefined as soon as there are more than 256 different bit patterns; with components of full entropy that is
 * within the first vector
 */
export function encodeDictionary(vectors: Float32Array): CodedVectors | undefined {
  const words = new Uint32Array(vectors.buffer, vectors.byteOffset, vectors.length);
  const entries = new Uint32Array(entriesMax);
  const slots = new Int16Array(slotCount).fill(empty);
  const indexes = new Uint8Array(words.length);
  let count = 0;
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    // Multiplicative hashing (Knuth) with linear probing; at most a quarter of the slots is taken.
    let slot = Math.imul(word, 0x9e3779b1) >>> 22;
    let entry = slots[slot]!;
    while (entry !== empty && entries[entry] !== word) {
      slot = (slot + 1) & (slotCount - 1);
      entry = slots[slot]!;
    }
    if (entry === empty) {
      if (count === entriesMax) return undefined;
      entry = count;
      entries[count] = word;
      slots[slot] = count;
      count += 1;
    }
    indexes[i] = entry;
  }
  return { dictionary: new Float32Array(entries.buffer, 0, count), indexes };
}
