/**
 * Normalized discounted cumulative gain with binary relevance (Järvelin & Kekäläinen 2002): Σ 1 / log2(rank + 1) over
 * the relevant among the first `k`, divided by that of the best possible order.
 *
 * @param ranked ids, best first, each at most once
 * @param relevant at least one id
 * @returns 0..1
 */
export declare function ndcg(ranked: readonly string[], relevant: ReadonlySet<string>, k: number): number;
