/** How a text is cut; every field has its value. */
export interface SplitRules {
  /** Of a chunk, at most; characters are UTF-16 code units, as JavaScript counts them. */
  readonly sizeCharacters: number;
  /** What a chunk repeats of the one before, at most; less than the size. */
  readonly overlapCharacters: number;
  readonly by: "sentence" | "word";
}

/** A part of a text, from `start` up to `end`. */
export interface TextChunk {
  readonly start: number;
  readonly end: number;
  /** Where the chunk before ends: what lies before it is repeated. */
  readonly newFrom: number;
}

interface Piece {
  readonly start: number;
  readonly end: number;
}

// Of no language: by the rules of Unicode (UAX 29), and with dictionaries where there are no spaces.
const sentences = new Intl.Segmenter("und", { granularity: "sentence" });
const words = new Intl.Segmenter("und", { granularity: "word" });

/**
 * Cuts a text into chunks of whole sentences, or whole words: as many as fit. A sentence that is too long for a chunk is cut
 * between words, a word that is too long anywhere but within a character. The parts that chunks do not repeat, put together,
 * are the text. About 100 ns a character, in steps of a chunk.
 */
export function* splitText(
  text: string,
  { sizeCharacters: size, overlapCharacters: overlap, by }: SplitRules,
): Generator<TextChunk> {
  let window: Piece[] = [];
  let start = 0;
  let newFrom = 0;
  for (const piece of by === "sentence" ? sentencesOf(text, size) : wordsOf(text, 0, size)) {
    if (window.length > 0 && piece.end - start > size) {
      yield { start, end: piece.start, newFrom };
      newFrom = piece.start;
      start = overlapStart(text, window, Math.max(newFrom - overlap, piece.end - size));
      window = window.filter((each) => each.start >= start);
    }
    window.push(piece);
  }
  if (text.length > 0) yield { start, end: text.length, newFrom };
}

/** Where the earliest whole piece begins that lies behind `from`, or else, in the last piece, the earliest word. */
function overlapStart(text: string, window: readonly Piece[], from: number): number {
  const last = window.at(-1)!;
  if (from >= last.end) return last.end;
  const whole = window.find((piece) => piece.start >= from);
  if (whole !== undefined) return whole.start;
  for (const { index, isWordLike } of words.segment(text.slice(last.start, last.end))) {
    if (isWordLike && last.start + index >= from) return last.start + index;
  }
  return last.end;
}

function* sentencesOf(text: string, size: number): Generator<Piece> {
  for (const { segment, index: start } of sentences.segment(text)) {
    if (segment.length <= size) yield { start, end: start + segment.length };
    else yield* wordsOf(segment, start, size);
  }
}

/** Each word with what follows it up to the next one. @param offset of what `text` is a part of */
function* wordsOf(text: string, offset: number, size: number): Generator<Piece> {
  let start = 0;
  for (const { index, isWordLike } of words.segment(text)) {
    if (!isWordLike || index === start) continue;
    yield* cut(text, { start, end: index }, { offset, size });
    start = index;
  }
  yield* cut(text, { start, end: text.length }, { offset, size });
}

function* cut(
  text: string,
  { start, end }: Piece,
  { offset, size }: { readonly offset: number; readonly size: number },
): Generator<Piece> {
  for (let from = start; from < end; ) {
    const to = end - from <= size ? end : characterEnd(text, from + size);
    yield { start: offset + from, end: offset + to };
    from = to;
  }
}

/** @returns `at`, or one less where that is between the halves of a surrogate pair */
function characterEnd(text: string, at: number): number {
  const isHalf = /[\uD800-\uDBFF]/.test(text[at - 1] ?? "") && /[\uDC00-\uDFFF]/.test(text[at] ?? "");
  return isHalf ? at - 1 : at;
}
