import { type DocumentId, idToBytes } from "@akidb/base";

/** An id as four numbers, the highest first: in their order, ids are in the order of their text. */
export type IdOrderKey = Uint32Array;

export function idOrderKey(id: DocumentId): IdOrderKey {
  const view = new DataView(idToBytes(id).buffer);
  return Uint32Array.from({ length: 4 }, (_, word) => view.getUint32(4 * word));
}

/**
 * @param words of an id's bytes, as a row table keeps them: little-endian
 * @returns below 0 where the id comes before the key's, 0 where it is the same
 */
export function compareToKey(words: Uint32Array, at: number, key: IdOrderKey): number {
  for (let index = 0; index < 4; index++) {
    const word = swapped(words[at + index]!);
    if (word !== key[index]) return word < key[index]! ? -1 : 1;
  }
  return 0;
}

const swapped = (word: number): number =>
  ((word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)) >>> 0;
