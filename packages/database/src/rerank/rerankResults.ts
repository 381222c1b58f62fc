import { isPlainObject, unavailable } from "@akidb/base";

/**
 * The scores of an answer `{ results: [{ index, relevance_score }] }`, by the order of the texts: results come by score.
 *
 * @throws AkiDbError `unavailable` where it is not one, or does not speak of every text once
 */
export function rerankResults(answer: string, textCount: number): Float64Array {
  const results = resultsOf(answer);
  const scores = new Float64Array(textCount).fill(Number.NaN);
  for (const result of results) {
    const { index, relevance_score: score } = isPlainObject(result) ? result : {};
    if (!Number.isInteger(index) || !Number.isFinite(score))
      throw misunderstood("a result has no index or score");
    const at = index as number;
    if (at < 0 || at >= textCount) throw misunderstood(`result ${at} is of a text that was not sent`);
    if (!Number.isNaN(scores[at])) throw misunderstood(`text ${at} has two scores`);
    scores[at] = score as number;
  }
  if (scores.some(Number.isNaN)) throw misunderstood("a text has no score");
  return scores;
}

function resultsOf(answer: string): readonly unknown[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(answer);
  } catch {
    throw misunderstood("it is not JSON");
  }
  const results = isPlainObject(parsed) ? (parsed as { readonly results?: unknown }).results : undefined;
  if (!Array.isArray(results)) throw misunderstood("it has no results");
  return results;
}

const misunderstood = (reason: string) =>
  unavailable(`the rerank provider's answer cannot be understood: ${reason}`);
