/** FNV-1a (Fowler, Noll, Vo), a code point instead of a byte at a time. */
export const roll = (hash: number, codePoint: number): number => Math.imul(hash ^ codePoint, 0x01000193);

/** The finalizer of MurmurHash3 (A. Appleby): every bit of the input changes half of the output's. A bijection. */
export function mix(hash: number): number {
  let h = hash ^ (hash >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** Where hashing starts, one for each kind of feature: the word "the" and the n-gram "the" are different features. */
export const hashBasis = { word: 0x811c9dc5 | 0, gram: 0x9e3779b9 | 0 } as const;

/** An ordered pair of words, from their keys. */
export const pairKey = (first: number, second: number): number => mix(Math.imul(first, 0x9e3779b1) + second);
