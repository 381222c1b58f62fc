import { Tokenizer } from "@huggingface/tokenizers";

export interface TokenizedText {
  readonly ids: readonly number[];
  readonly isTruncated: boolean;
}

/** What is used of it: its own declarations do not resolve in ES modules. */
interface Encoder {
  encode(
    text: string,
    options: { readonly add_special_tokens: boolean },
  ): { readonly ids: readonly number[] };
}

/** Most words are shorter; where they are not, more of the text is read. */
const charactersPerToken = 16;
/** Where a text is cut its last words may be others than in the whole. */
const spareTokens = 64;

/**
 * A model's tokenizer with its special tokens, and a bound. It reads of a long text what the bound needs, and not much more:
 * the time it takes follows from the bound.
 */
export class TextTokenizer {
  readonly #tokenizer: Encoder;
  readonly #before: readonly number[];
  readonly #after: readonly number[];
  readonly #ownTokensMax: number;

  /**
   * @param tokenizer tokenizer.json, parsed
   * @param config tokenizer_config.json, parsed
   * @throws Error where it is of a kind that is not known, or adds more special tokens than a text may have
   */
  constructor(tokenizer: object, config: object, tokensMax: number) {
    this.#tokenizer = new Tokenizer(tokenizer, config);
    const word = this.#tokenizer.encode("a", { add_special_tokens: false }).ids;
    const framed = this.#tokenizer.encode("a", { add_special_tokens: true }).ids;
    const start = framed.findIndex((_, at) => word.every((id, i) => framed[at + i] === id));
    if (start < 0) throw new Error("the tokenizer changes a text where it adds special tokens");
    this.#before = framed.slice(0, start);
    this.#after = framed.slice(start + word.length);
    this.#ownTokensMax = tokensMax - this.#before.length - this.#after.length;
    if (this.#ownTokensMax < 1) throw new Error(`${tokensMax} tokens leave no room for a text`);
  }

  tokenize(text: string): TokenizedText {
    const { ids, isWhole } = this.#ownTokens(text);
    const isTruncated = !isWhole || ids.length > this.#ownTokensMax;
    const own = isTruncated ? ids.slice(0, this.#ownTokensMax) : ids;
    return { ids: [...this.#before, ...own, ...this.#after], isTruncated };
  }

  #ownTokens(text: string): { readonly ids: readonly number[]; readonly isWhole: boolean } {
    const enough = this.#ownTokensMax + spareTokens;
    for (let characters = enough * charactersPerToken; characters < text.length; characters *= 4) {
      const { ids } = this.#tokenizer.encode(beginning(text, characters), { add_special_tokens: false });
      if (ids.length >= enough) return { ids, isWhole: false };
    }
    return { ids: this.#tokenizer.encode(text, { add_special_tokens: false }).ids, isWhole: true };
  }
}

/** Up to a space, if there is one that costs no more than half. */
function beginning(text: string, characters: number): string {
  const space = text.lastIndexOf(" ", characters);
  return text.slice(0, space > characters / 2 ? space : characters).toWellFormed();
}
