/** What attention holds for a batch grows with its tokens and the length of its rows. */
export const batchTokensMax = 4_096;

/**
 * Indexes of texts, the short ones with the short ones: rows of a batch are filled up to the longest. With that, a batch has up to
 * 4,096 tokens, or is a single longer text.
 */
export function tokenBatches(lengths: readonly number[]): readonly (readonly number[])[] {
  const byLength = lengths.map((_, index) => index).sort((a, b) => lengths[a]! - lengths[b]! || a - b);
  const batches: number[][] = [];
  let batch: number[] = [];
  for (const index of byLength) {
    if (batch.length > 0 && (batch.length + 1) * lengths[index]! > batchTokensMax) {
      batches.push(batch);
      batch = [];
    }
    batch.push(index);
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}
