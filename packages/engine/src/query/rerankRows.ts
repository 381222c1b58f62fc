import type { Deadline } from "@akidb/base";
import { assert } from "@akidb/base";
import type { ReadMoment } from "../reads/readMoment.ts";
import type { Reranking } from "./collectionQuery.ts";
import type { RankedRow } from "./rankedList.ts";

/**
 * The best of a ranking as a model ranks them by their texts; those without a text, and those behind, are left out. Of
 * equal scores the one that was better before.
 *
 * @throws what the model throws; AkiDbError where a document cannot be read
 */
export async function rerankRows(
  ranked: readonly RankedRow[],
  { topN, score }: Reranking,
  moment: ReadMoment,
  deadline: Deadline,
): Promise<readonly RankedRow[]> {
  const read = ranked
    .slice(0, topN)
    .map((found, index) => ({ found, rank: index + 1, text: moment.documentAt(found.row).text }))
    .filter(({ text }) => text !== undefined);
  const scores = await score(
    read.map(({ text }) => text!),
    deadline,
  );
  assert(scores.length === read.length, "a model gives each text a score");
  return read
    .map(({ found: { row, score: before, parts }, rank }, index) => ({
      row,
      score: scores[index]!,
      parts: { ...parts, found: { rank, score: before } },
    }))
    .sort((a, b) => b.score - a.score || a.parts.found.rank - b.parts.found.rank);
}
