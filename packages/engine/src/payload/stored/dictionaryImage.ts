import type { StreamedRegion } from "../../checkpoint/writeStreamedFile.ts";
import { addRow, emptyRowBitset } from "../rowBitset.ts";
import { copyOf, countBelow, forEachRowOf, type TextRows } from "../textRows.ts";
import type { PartImage } from "./partImage.ts";
import { entryWords, formOf, isWide, textBytesOf, wordsOf } from "./storedText.ts";

/** Looked at between two turns of the event loop: below a millisecond. */
const textsPerSlice = 1_024;

const pieceBytes = 64 * 1024;

export interface StoredDictionary {
  readonly kind: "dictionary";
  readonly textCount: number;
}

/**
 * A dictionary at the moment of its making, which is over at once however large it is: texts added later stand behind those
 * that are its own, rows added later are left out, and a list that is to change otherwise is kept as it was.
 */
export class DictionaryImage {
  readonly #name: string;
  readonly #dictionary: ReadonlyMap<string, TextRows>;
  readonly #size: number;
  readonly #rowEnd: number;
  readonly #before = new Map<string, TextRows>();

  constructor(name: string, dictionary: ReadonlyMap<string, TextRows>, rowEnd: number) {
    this.#name = name;
    this.#dictionary = dictionary;
    this.#size = dictionary.size;
    this.#rowEnd = rowEnd;
  }

  get changedTexts(): Iterable<string> {
    return this.#before.keys();
  }

  /** To be called before a row is added to a text's list or removed from it; no text may leave the dictionary. */
  beforeChange(text: string, rows: TextRows, row: number): void {
    if (row < this.#rowEnd && !this.#before.has(text)) this.#before.set(text, copyOf(rows));
  }

  async part(): Promise<PartImage<StoredDictionary>> {
    const entries = new Uint32Array(entryWords * this.#size);
    let textCount = 0;
    let textBytes = 0;
    let rowWords = 0;
    for (const slice of this.#slices()) {
      for (const [text, rows] of slice) {
        const count = countBelow(rows, this.#rowEnd);
        if (count === 0) continue;
        entries[entryWords * textCount] = 2 * text.length + Number(isWide(text));
        entries[entryWords * textCount + 1] = count;
        textCount += 1;
        textBytes += textBytesOf(text.length, isWide(text));
        rowWords += wordsOf(count, this.#rowEnd);
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    const used = new Uint8Array(entries.buffer, 0, 4 * entryWords * textCount);
    return {
      description: { kind: "dictionary", textCount },
      regions: [
        this.#region(used.length, () => [used]),
        this.#region(textBytes, () => this.#textPieces()),
        this.#region(4 * rowWords, () => this.#rowPieces()),
      ],
    };
  }

  #region(byteLength: number, pieces: StreamedRegion["pieces"]): StreamedRegion {
    return { name: this.#name, byteLength, pieces };
  }

  *#textPieces(): Iterable<Uint8Array> {
    for (const slice of this.#slices()) {
      yield Buffer.concat(
        slice
          .filter(([, rows]) => countBelow(rows, this.#rowEnd) > 0)
          .map(([text]) => Buffer.from(text, isWide(text) ? "utf16le" : "latin1")),
      );
    }
  }

  *#rowPieces(): Iterable<Uint8Array> {
    for (const slice of this.#slices()) {
      let lists: Uint8Array[] = [];
      let bytes = 0;
      for (const [, rows] of slice) {
        const list = new Uint8Array(this.#wordsOf(rows).buffer);
        lists.push(list);
        bytes += list.length;
        if (bytes < pieceBytes) continue;
        yield Buffer.concat(lists);
        lists = [];
        bytes = 0;
      }
      yield Buffer.concat(lists);
    }
  }

  #wordsOf(rows: TextRows): Uint32Array {
    const rowEnd = this.#rowEnd;
    const count = countBelow(rows, rowEnd);
    if (formOf(count, rowEnd) === "bits") {
      const bits = emptyRowBitset(rowEnd);
      forEachRowOf(rows, (row) => {
        if (row < rowEnd) addRow(bits, row);
      });
      return bits;
    }
    const list = new Uint32Array(count);
    let at = 0;
    forEachRowOf(rows, (row) => {
      if (row < rowEnd) list[at++] = row;
    });
    return list;
  }

  /** Texts are never removed meanwhile, so the same come in the same order each time. */
  *#slices(): Iterable<readonly (readonly [string, TextRows])[]> {
    let slice: (readonly [string, TextRows])[] = [];
    let count = 0;
    for (const [text, rows] of this.#dictionary) {
      if (count++ === this.#size) break;
      slice.push([text, this.#before.get(text) ?? rows]);
      if (slice.length < textsPerSlice) continue;
      yield slice;
      slice = [];
    }
    yield slice;
  }
}
