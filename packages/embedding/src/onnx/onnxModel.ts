import type { InputType } from "../embeddingProvider.ts";
import type { ModelSettings } from "./modelSettings.ts";
import { pooledRow } from "./pooledRow.ts";
import type { TextTokenizer } from "./textTokenizer.ts";
import { tokenBatches } from "./tokenBatches.ts";

/** Of a batch, `rows × length`, row-major; each row's tokens first. */
export interface EncoderInput {
  readonly rows: number;
  readonly length: number;
  readonly ids: BigInt64Array;
  /** 1 for a token, 0 for what fills a row up. */
  readonly mask: BigInt64Array;
}

/** The states of tokens (`rows × length × dimension`), or the texts' vectors (`rows × dimension`) where the weights pool. */
export interface EncoderOutput {
  readonly data: Float32Array;
  readonly dims: readonly number[];
}

export type Encode = (input: EncoderInput) => Promise<EncoderOutput>;

interface OnnxModelParts {
  readonly tokenizer: TextTokenizer;
  readonly encode: Encode;
  readonly settings: ModelSettings;
}

export interface EmbeddedTexts {
  /** Not of unit length; undefined where the model can see nothing in a text. */
  readonly rows: readonly (Float32Array | undefined)[];
  readonly tokens: number;
  /** Positions of the texts that the model has not seen to their end. */
  readonly truncated: readonly number[];
}

/** Texts to vectors: tokens, the weights, and what pools their output. */
export class OnnxModel {
  readonly #parts: OnnxModelParts;

  constructor(parts: OnnxModelParts) {
    this.#parts = parts;
  }

  /** @throws Error where the weights do not give what is expected */
  async embed(texts: readonly string[], inputType: InputType): Promise<EmbeddedTexts> {
    const { tokenizer, settings } = this.#parts;
    const prefix = settings.prefixes[inputType];
    const tokenized = texts.map((text) => tokenizer.tokenize(prefix + text));
    const truncated = [...tokenized.keys()].filter((index) => tokenized[index]!.isTruncated);
    const ids = tokenized.map(({ ids }) => ids);
    const rows = new Array<Float32Array | undefined>(texts.length).fill(undefined);
    for (const batch of tokenBatches(ids.map(({ length }) => length))) {
      const seen = batch.filter((index) => ids[index]!.length > 0);
      if (seen.length === 0) continue;
      const pooled = await this.#encode(seen.map((index) => ids[index]!));
      for (const [row, index] of seen.entries()) rows[index] = pooled[row];
    }
    return { rows, tokens: ids.reduce((sum, { length }) => sum + length, 0), truncated };
  }

  async #encode(ids: readonly (readonly number[])[]): Promise<readonly Float32Array[]> {
    const { encode, settings } = this.#parts;
    const input = encoderInput(ids);
    const { data, dims } = await encode(input);
    const [rows, length = 0] = dims;
    const dimension = dims.at(-1) ?? 0;
    const isWhole = rows === input.rows && data.length === dims.reduce((product, dim) => product * dim, 1);
    if (isWhole && dims.length === 2) {
      return ids.map((_, row) => data.subarray(row * dimension, (row + 1) * dimension));
    }
    if (isWhole && dims.length === 3 && length === input.length) {
      if (settings.furtherLayer !== undefined) {
        throw new Error(`modules.json has a ${settings.furtherLayer} layer, which the weights do not`);
      }
      const states = { data, length, dimension };
      return ids.map((tokens, row) => pooledRow(states, row, tokens.length, settings.pooling));
    }
    throw new Error(`the weights give a tensor [${dims}] for ${input.rows} rows of ${input.length} tokens`);
  }
}

function encoderInput(ids: readonly (readonly number[])[]): EncoderInput {
  const rows = ids.length;
  const length = Math.max(...ids.map((row) => row.length));
  const input = {
    rows,
    length,
    ids: new BigInt64Array(rows * length),
    mask: new BigInt64Array(rows * length),
  };
  for (const [row, tokens] of ids.entries()) {
    input.ids.set(tokens.map(BigInt), row * length);
    input.mask.fill(1n, row * length, row * length + tokens.length);
  }
  return input;
}
