import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { type Dataset, queriesOf } from "./dataset.ts";
import { k } from "./engines/engine.ts";
import { exactScore } from "./exactScore.ts";
import { dataFolder } from "./folders.ts";
import { segmentOf } from "./segments.ts";

/** What is found counts if it is as near as the true k-th nearest, whichever of equals it is. */
const slack = 1e-9;

/** The score of the true k-th nearest of each query, kept between runs. */
export function leastScores(data: Dataset): readonly number[] {
  const file = `${dataFolder}/${data.key}.truth.json`;
  if (existsSync(file)) return JSON.parse(readFileSync(file, "utf8")) as number[];
  const segment = segmentOf(data, "none", 16);
  const least = queriesOf(data).map((query) => {
    const { rows } = segment.search(query, { k, exact: true });
    return exactScore(data, query, rows[k - 1]!);
  });
  segment.close();
  writeFileSync(file, JSON.stringify(least));
  return least;
}

/** @param found `k` rows for each query */
export function recallOf(found: Uint32Array, data: Dataset, least: readonly number[]): number {
  let hits = 0;
  for (const [i, query] of queriesOf(data).entries()) {
    for (const row of found.subarray(i * k, (i + 1) * k)) {
      if (exactScore(data, query, row) >= least[i]! - slack) hits += 1;
    }
  }
  return hits / found.length;
}
