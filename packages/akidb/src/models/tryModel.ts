import type { AkiDb, Clock } from "@akidb/base";
import { sampleSentences } from "./sampleSentences.ts";

/** What a model was seen to do. */
export interface ModelTrial {
  readonly model: string;
  readonly dimension: number;
  /** One text, as a query is, and the way to the model and back; the median of some. */
  readonly queryMs: number;
  /** Many texts in a request, as imports send them. */
  readonly textsPerSecond: number;
  /** Of the sample sentences, the nearest first. */
  readonly pairs: readonly SentencePair[];
}

export interface SentencePair {
  readonly first: string;
  readonly second: string;
  readonly cosine: number;
}

const queryCount = 5;
const batchSize = 64;
/** As long as it takes for a first figure, and no longer than somebody waits for one. */
const speedTrialMs = 2_000;
const pairsShown = 6;

/** @param name the server's default model if undefined */
export async function tryModel(db: AkiDb, name: string | undefined, clock: Clock): Promise<ModelTrial> {
  const embed = (texts: readonly string[]) => db.embed({ texts, ...(name !== undefined && { model: name }) });
  const { embeddings, model, dimension } = await embed(sampleSentences);
  // No text comes twice: what was embedded lately may come from a cache.
  const queryTimes: number[] = [];
  for (let n = 0; n < queryCount; n++) {
    const startMs = clock.monotonicMs();
    await embed([`${sampleSentences[n]} Question ${n}.`]);
    queryTimes.push(clock.monotonicMs() - startMs);
  }
  const startMs = clock.monotonicMs();
  let textCount = 0;
  let elapsedMs = 0;
  while (elapsedMs < speedTrialMs) {
    await embed(Array.from({ length: batchSize }, (_, n) => `${sampleAt(n)} Text ${textCount + n}.`));
    textCount += batchSize;
    elapsedMs = clock.monotonicMs() - startMs;
  }
  return {
    model,
    dimension,
    queryMs: queryTimes.toSorted((a, b) => a - b)[Math.floor(queryCount / 2)]!,
    textsPerSecond: (1_000 * textCount) / elapsedMs,
    pairs: nearestPairs(embeddings),
  };
}

const sampleAt = (n: number): string => sampleSentences[n % sampleSentences.length]!;

function nearestPairs(embeddings: readonly Float32Array[]): readonly SentencePair[] {
  const pairs: SentencePair[] = [];
  for (const [at, one] of embeddings.entries()) {
    for (let other = at + 1; other < embeddings.length; other++) {
      const cosine = dot(one, embeddings[other]!);
      pairs.push({ first: sampleSentences[at]!, second: sampleSentences[other]!, cosine });
    }
  }
  return pairs.sort((a, b) => b.cosine - a.cosine).slice(0, pairsShown);
}

/** Of vectors of unit length: the cosine. */
function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
