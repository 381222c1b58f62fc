import { PostingList } from "../postingList.ts";
import type { TextRows } from "../textRows.ts";
import type { StoredRegions } from "./storedRegions.ts";
import { entryWords, formOf, textBytesOf, wordsOf } from "./storedText.ts";

/** Entered between two turns of the event loop: about a millisecond. */
const textsPerSlice = 1_024;

/**
 * @param rowEnd of the image: every row is below
 * @throws DamagedFileError
 */
export async function loadDictionary(
  textCount: number,
  regions: StoredRegions,
  rowEnd: number,
): Promise<Map<string, TextRows>> {
  const [entries, texts, words] = [regions.words(), regions.bytes(), regions.words()];
  regions.require(entries.length === entryWords * textCount, "has texts that are not as many as it says");
  const characters = Buffer.from(texts.buffer, texts.byteOffset, texts.length);
  const dictionary = new Map<string, TextRows>();
  let textAt = 0;
  let wordAt = 0;
  for (let index = 0; index < textCount; index++) {
    const head = entries[entryWords * index]!;
    const count = entries[entryWords * index + 1]!;
    const isWide = head % 2 === 1;
    const textEnd = textAt + textBytesOf(head >>> 1, isWide);
    const text = characters.toString(isWide ? "utf16le" : "latin1", textAt, textEnd);
    textAt = textEnd;
    const wordEnd = wordAt + wordsOf(count, rowEnd);
    const form = formOf(count, rowEnd);
    // A list is a copy: those that share memory would keep all of it as long as one of them lives.
    const rows =
      count === 1 && form === "list"
        ? words[wordAt]!
        : PostingList.of(words.slice(wordAt, wordEnd), count, form);
    dictionary.set(text, rows);
    wordAt = wordEnd;
    if ((index + 1) % textsPerSlice === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  const isWhole = textAt === texts.length && wordAt === words.length && dictionary.size === textCount;
  regions.require(isWhole, "has texts that do not fit what it says of them");
  return dictionary;
}
