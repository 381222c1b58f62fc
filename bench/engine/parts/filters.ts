// Recall and time of filtered searches, in turns with unfiltered ones, where the rows that match are spread at random, are
// the nearest to the query, or the furthest from it.
import { SeededRandom } from "@akidb/base";
import type { RowFilter, Segment } from "@akidb/kernel";
import { type Dataset, loadDataset, queriesOf, rowsOf } from "../dataset.ts";
import { k, startWatch } from "../engines/engine.ts";
import { exactScore } from "../exactScore.ts";
import { linkedSegment } from "../linkedSegment.ts";
import type { Run } from "../run.ts";
import { median } from "../statistics.ts";

export const matchPlaces = ["random", "nearest", "furthest"] as const;
export type MatchPlace = (typeof matchPlaces)[number];

export interface FilteredSearch {
  readonly dataset: string;
  readonly rows: number;
  readonly ef: number;
  readonly place: MatchPlace;
  /** Of the rows that match. */
  readonly share: number;
  readonly recall: number;
  /** Of CPU time, for one search. */
  readonly searchCpuUs: number;
  readonly unfilteredCpuUs: number;
  /** Queries per CPU second to those without a filter: the median over the turns. */
  readonly ratio: number;
}

const shares = [0.001, 0.01, 0.1, 0.5];
const queryCount = 50;
const ef = 64;
const linksMax = 16;

export async function* measureFilters(run: Run): AsyncGenerator<[string, FilteredSearch]> {
  for (const source of ["128", "512"]) {
    const data = loadDataset({ source, rowsMax: run.rowsMax, mnistFolder: run.mnistFolder })!;
    const segment = await linkedSegment(data, "int8", linksMax);
    const orders = queriesOf(data)
      .slice(0, queryCount)
      .map((query) => nearestFirst(data, query));
    for (const place of matchPlaces) {
      for (const share of shares) {
        const matches = matching(orders, place, share);
        const measured = searched({ segment, data, matches, run });
        yield [
          `${data.name}, ${place}, ${share}`,
          { dataset: data.name, rows: rowsOf(data), ef, place, share, ...measured },
        ];
      }
    }
    segment.close();
  }
}

function nearestFirst(data: Dataset, query: Float32Array): Uint32Array {
  const scores = Float64Array.from({ length: rowsOf(data) }, (_, row) => exactScore(data, query, row));
  return Uint32Array.from(scores.keys()).sort((a, b) => scores[b]! - scores[a]!);
}

/** @returns the rows that match for each query, nearest first */
function matching(orders: readonly Uint32Array[], place: MatchPlace, share: number): Uint32Array[] {
  const random = new SeededRandom(1);
  const count = Math.round(orders[0]!.length * share);
  const choose: Readonly<Record<MatchPlace, (order: Uint32Array) => Uint32Array>> = {
    random: (order) => order.filter(() => random.nextFloat() < share),
    nearest: (order) => order.subarray(0, count),
    furthest: (order) => order.subarray(order.length - count),
  };
  return orders.map(choose[place]);
}

interface Searched {
  readonly segment: Segment;
  readonly data: Dataset;
  readonly matches: readonly Uint32Array[];
  readonly run: Run;
}

function searched({ segment, data, matches, run }: Searched) {
  const queries = queriesOf(data).slice(0, queryCount);
  const filters = matches.map((rows) => filterOf(rows, rowsOf(data)));
  const hits = queries.map((query, i) => {
    const best = new Set(matches[i]!.subarray(0, k));
    const { rows } = segment.search(query, { k, ef, filter: filters[i]! });
    return rows.filter((row) => best.has(row)).length / Math.min(k, best.size);
  });
  const filtered: number[] = [];
  const unfiltered: number[] = [];
  for (let round = 0; round < run.rounds; round++) {
    filtered.push(
      microseconds(run.sliceMs, (i) => segment.search(queries[i]!, { k, ef, filter: filters[i]! })),
    );
    unfiltered.push(microseconds(run.sliceMs, (i) => segment.search(queries[i]!, { k, ef })));
  }
  return {
    recall: hits.reduce((total, share) => total + share, 0) / queryCount,
    searchCpuUs: median(filtered),
    unfilteredCpuUs: median(unfiltered),
    ratio: median(filtered.map((time, i) => unfiltered[i]! / time)),
  };
}

function filterOf(rows: Uint32Array, rowCount: number): RowFilter {
  const words = new Uint32Array(Math.ceil(rowCount / 32));
  for (const row of rows) words[row >>> 5]! |= 1 << (row & 31);
  return { words, rowCount };
}

/** Of CPU time, for one search, all queries in turn. */
function microseconds(forMs: number, search: (query: number) => void): number {
  const stop = startWatch();
  let done = 0;
  do {
    for (let i = 0; i < queryCount; i++) search(i);
    done += queryCount;
  } while (stop().wallSeconds * 1_000 < forMs);
  return (stop().cpuSeconds * 1e6) / done;
}
