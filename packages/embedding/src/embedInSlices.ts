import { type FieldViolation, invalidArguments, noDeadline } from "@akidb/base";
import type { Embeddings, EmbedOptions } from "./embeddingProvider.ts";
import { emptiness } from "./emptyTexts.ts";

/** Embeds one text after another, a step at a time. */
export interface TextEmbedder {
  readonly dimension: number;
  begin(text: string): void;
  /** Reads on for well under a millisecond. @returns whether the whole text has been read */
  step(): boolean;
  /** Writes the unit vector of the text to `target`. @returns its tokens; 0 if it had no content */
  finish(target: Float32Array): number;
}

/** Steps between two turns of the event loop: a few milliseconds. */
const sliceSteps = 32;

/** The body of `EmbeddingModel.embed` for a model that computes on the calling thread. */
export async function embedInSlices(
  embedder: TextEmbedder,
  texts: readonly string[],
  { signal }: EmbedOptions,
): Promise<Embeddings> {
  const deadline = noDeadline(signal);
  deadline.check();
  const { dimension } = embedder;
  const vectors = new Float32Array(texts.length * dimension);
  const violations: FieldViolation[] = [];
  let totalTokens = 0;
  let steps = 0;
  for (const [index, text] of texts.entries()) {
    embedder.begin(text);
    for (let done = false; !done; ) {
      if (steps === sliceSteps) {
        await nextTurn();
        deadline.check();
        steps = 0;
      }
      done = embedder.step();
      steps += 1;
    }
    const tokens = embedder.finish(vectors.subarray(index * dimension, (index + 1) * dimension));
    if (tokens === 0) violations.push({ path: `texts[${index}]`, detail: noContent(text) });
    totalTokens += tokens;
  }
  if (violations.length > 0) throw invalidArguments(violations);
  return { vectors, totalTokens };
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const noContent = (text: string): string => emptiness(text) ?? "must have a letter, a digit or a pictograph";
