import type { StemmedLanguage } from "./stemmedLanguage.ts";
import { isWord } from "./textForm.ts";

/** Longer ones are no words of a language, and would take long. */
const stemmedCharactersMax = 64;

/** Words of a text come again: of Zipf's law this many are nine of ten. */
const rememberedMax = 16_384;

/** Names and numbers, rather than words. */
const isNumbered = /[\p{N}\p{Co}]/u;

/** How a language writes small letters, and what it takes for the same, where it is not what Unicode says of all. */
const spellings: Partial<Record<StemmedLanguage, (word: string) => string>> = {
  german: (word) => word.toLowerCase().replaceAll("ß", "ss"),
  russian: (word) => word.toLowerCase().replaceAll("ё", "е"),
  turkish: (word) => word.replaceAll("İ", "i").replaceAll("I", "ı").toLowerCase(),
};

/** A word as the rules want it: in small letters, each with its accents in one. */
export function spelled(word: string, language: StemmedLanguage): string {
  if (isNumbered.test(word)) return word;
  const composed = word.normalize("NFC");
  return spellings[language]?.(composed) ?? composed.toLowerCase();
}

/**
 * Stems by Snowball's rules (https://snowballstem.org), some 3 µs for a word that is not remembered. The library is loaded
 * with the first language that asks for it: it takes some 15 MB of each thread.
 */
export async function loadStems(language: StemmedLanguage): Promise<(word: string) => string> {
  const { [language]: snowball } = await import("multilingual-stemmer");
  return remembering((word) => {
    if (word.length > stemmedCharactersMax || isNumbered.test(word)) return word;
    const stem = snowball(spelled(word, language));
    // Else it would be parted, or be nothing.
    return isWord(stem) ? stem : word;
  });
}

/** What was asked lately is remembered: of two generations, the older one is forgotten when the newer is full. */
function remembering(stemOf: (word: string) => string): (word: string) => string {
  let [recent, older] = [new Map<string, string>(), new Map<string, string>()];
  return (word) => {
    const known = recent.get(word);
    if (known !== undefined) return known;
    const stem = older.get(word) ?? stemOf(word);
    if (recent.size === rememberedMax) [recent, older] = [new Map(), recent];
    recent.set(word, stem);
    return stem;
  };
}
