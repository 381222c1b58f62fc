/**
 * Normalized discounted cumulative gain with binary relevance (Järvelin & Kekäläinen 2002): Σ 1 / log2(rank + 1) over
 * the relevant among the first `k`, divided by that of the best possible order.
 *
 * @param ranked ids, best first, each at most once
 * @param relevant at least one id
 * @returns 0..1
 */
export function ndcg(ranked: readonly string[], relevant: ReadonlySet<string>, k: number): number {
  let gain = 0;
  for (const [index, id] of ranked.slice(0, k).entries()) {
    if (relevant.has(id)) gain += discount(index);
  }
  let ideal = 0;
  for (let index = 0; index < Math.min(k, relevant.size); index++) ideal += discount(index);
  return gain / ideal;
}

const discount = (index: number): number => 1 / Math.log2(index + 2);
