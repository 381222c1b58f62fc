import type { TextEmbedder } from "../embedInSlices.ts";
import { characterClass, classOf } from "./characterClass.ts";
import { hashBasis, mix, pairKey, roll } from "./featureHash.ts";
import { type FeatureTable, featuresMax } from "./featureTable.ts";

const gramLengthMin = 3;
const gramLengthMax = 5;
/** A longer run of letters is read as several words, so that no word fills the table. */
const wordLengthMax = 64;
const featuresPerWordMax = 2 + (wordLengthMax + 2) * (gramLengthMax - gramLengthMin + 1);

/** Short words are the common ones (Zipf's law of abbreviation), and common words tell little. */
const wordWeights = Float64Array.from({ length: wordLengthMax + 1 }, (_, length) => {
  const share = Math.min(1, length / 5);
  return share * share;
});
/** A pair of characters of a dense script is about a word, and weighs about what a word with its n-grams does. */
const denseWeight = 1;
const densePairWeight = 3;
const wordPairFactor = 0.5;

/** Large: nearly linear for the counts of a page, yet no word drowns the others of a long text. */
const saturation = 8;

const codeUnitsPerStep = 256;
const wordStart = 0x3c;
const wordEnd = 0x3e;

/**
 * Signed feature hashing (Weinberger et al. 2009) of words, pairs of neighbouring words and the character 3- to 5-grams
 * of `<word>`; of scripts such as Han, kana and Hangul, the single characters and pairs.
 *
 * Each occurrence of a feature adds its weight; their sum s counts as s / (s + 8). A feature's key chooses a
 * component (high bits) and a sign (lowest bit). Only integers, +, ×, / and square root take part, in a fixed order, so
 * that every platform gives the same bits. Features beyond what the table holds start a new passage, and a text is the
 * sum of its passages: memory and the length of a step stay bounded.
 */
export class HashingEmbedder implements TextEmbedder {
  readonly dimension: number;
  readonly #table: FeatureTable;
  readonly #components: Float64Array;
  /** The code points of the word being read, from index 1; room for both boundary markers. */
  readonly #word = new Int32Array(wordLengthMax + 2);
  #wordLength = 0;
  #text = "";
  #position = 0;
  #tokens = 0;
  #firstKey = 0;
  #previousKey = 0;
  #previousWeight = 0;
  #previousIsDense = false;

  /** @param table empty; left empty by every text that is read to its end */
  constructor(table: FeatureTable, dimension: number) {
    this.dimension = dimension;
    this.#table = table;
    this.#components = new Float64Array(dimension);
  }

  begin(text: string): void {
    this.#text = text.normalize("NFKC").toLowerCase();
    this.#position = 0;
    this.#tokens = 0;
  }

  step(): boolean {
    const text = this.#text;
    const end = Math.min(text.length, this.#position + codeUnitsPerStep);
    while (this.#position < end) {
      const codePoint = text.codePointAt(this.#position)!;
      this.#position += codePoint > 0xffff ? 2 : 1;
      const found = classOf(codePoint);
      if (found === characterClass.letter || (found === characterClass.mark && this.#wordLength > 0)) {
        this.#wordLength += 1;
        this.#word[this.#wordLength] = codePoint;
        if (this.#wordLength === wordLengthMax) this.#endWord();
      } else if (found !== characterClass.mark) {
        this.#endWord();
        if (found === characterClass.dense)
          this.#addToken(mix(roll(hashBasis.word, codePoint)), denseWeight, true);
      }
    }
    if (this.#position < text.length) return false;
    this.#endWord();
    return true;
  }

  finish(target: Float32Array): number {
    if (this.#tokens === 0) return 0;
    this.#project();
    const components = this.#components;
    let squares = 0;
    for (const component of components) squares += component * component;
    if (squares === 0) {
      // All features cancelled each other, as the two of a one-letter text can: keep the first.
      components[this.#componentOf(this.#firstKey)] = signOf(this.#firstKey);
      squares = 1;
    }
    const length = Math.sqrt(squares);
    for (let i = 0; i < components.length; i++) target[i] = components[i]! / length;
    components.fill(0);
    return this.#tokens;
  }

  #endWord(): void {
    const length = this.#wordLength;
    if (length === 0) return;
    this.#wordLength = 0;
    const word = this.#word;
    const weight = wordWeights[length]!;
    let hash: number = hashBasis.word;
    for (let i = 1; i <= length; i++) hash = roll(hash, word[i]!);
    this.#addToken(mix(hash), weight, false);

    word[0] = wordStart;
    word[length + 1] = wordEnd;
    const markedLength = length + 2;
    for (let start = 0; start + gramLengthMin <= markedLength; start++) {
      const end = Math.min(start + gramLengthMax, markedLength);
      hash = hashBasis.gram;
      for (let i = start; i < end; i++) {
        hash = roll(hash, word[i]!);
        if (i - start + 1 >= gramLengthMin) this.#table.add(mix(hash), weight);
      }
    }
  }

  #addToken(key: number, weight: number, isDense: boolean): void {
    if (this.#table.size > featuresMax - featuresPerWordMax) this.#project();
    this.#table.add(key, weight);
    if (this.#tokens === 0) {
      this.#firstKey = key;
    } else {
      const pairWeight =
        isDense && this.#previousIsDense ? densePairWeight : wordPairFactor * this.#previousWeight * weight;
      this.#table.add(pairKey(this.#previousKey, key), pairWeight);
    }
    this.#tokens += 1;
    this.#previousKey = key;
    this.#previousWeight = weight;
    this.#previousIsDense = isDense;
  }

  #project(): void {
    const table = this.#table;
    for (let entry = 0; entry < table.size; entry++) {
      const key = table.keyAt(entry);
      const sum = table.sumAt(entry);
      this.#components[this.#componentOf(key)]! += (signOf(key) * sum) / (sum + saturation);
    }
    table.clear();
  }

  #componentOf(key: number): number {
    return Math.floor(((key >>> 0) * this.dimension) / 0x1_0000_0000);
  }
}

const signOf = (key: number): number => ((key & 1) === 0 ? 1 : -1);
