/** 64 bits that callers do not know, so that nobody can choose keys which collide. */
export interface HashKey {
  readonly low: number;
  readonly high: number;
}

/**
 * HalfSipHash-1-3 (Aumasson & Bernstein, "SipHash: a fast short-input PRF", 2012; the variant of the Linux kernel's hash
 * tables), 32 bits.
 *
 * @param words the input; its last word padded with zeros
 * @param length of the input in its own units, so that inputs which differ only in padding differ
 */
export function hashWords(key: HashKey, words: Uint32Array, wordCount: number, length: number): number {
  let v0 = key.low | 0;
  let v1 = key.high | 0;
  let v2 = 0x6c796765 ^ key.low;
  let v3 = 0x74656462 ^ key.high;
  // One round for each word and for the length, three to finish.
  const rounds = wordCount + 4;
  for (let round = 0; round < rounds; round++) {
    const word = round < wordCount ? words[round]! : round === wordCount ? length << 24 : 0;
    if (round === wordCount + 1) v2 ^= 0xff;
    v3 ^= word;
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
    v0 ^= word;
  }
  return (v1 ^ v3) >>> 0;
}

let textWords = new Uint32Array(256);

/** Of the UTF-16 code units. */
export function hashText(key: HashKey, text: string): number {
  const { length } = text;
  const wordCount = (length + 1) >>> 1;
  if (wordCount > textWords.length) textWords = new Uint32Array(wordCount * 2);
  for (let word = 0; word < wordCount; word++) {
    const at = word * 2;
    const second = at + 1 < length ? text.charCodeAt(at + 1) : 0;
    textWords[word] = text.charCodeAt(at) | (second << 16);
  }
  return hashWords(key, textWords, wordCount, length);
}
