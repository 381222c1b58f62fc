import {
  type Deadline,
  type Match,
  type MatchGroup,
  type QueryExplanation,
  scoreToDistance,
} from "@akidb/base";
import type { AppliedState } from "../collection/appliedState.ts";
import type { OpenCollectionOptions } from "../collection/openCollectionOptions.ts";
import type { FoundRows } from "../index/vectorIndex.ts";
import { estimateMatches } from "../payload/estimateMatches.ts";
import { AnswerSize } from "../reads/answerSize.ts";
import { describeDocument } from "../reads/describeDocument.ts";
import { ReadMoment } from "../reads/readMoment.ts";
import { CandidateSearch, planOf } from "./candidateSearch.ts";
import { type CheckedQuery, checkQuery } from "./checkQuery.ts";
import type { CollectionQuery, QueryAnswer } from "./collectionQuery.ts";
import { explainFilter } from "./explainFilter.ts";
import { FilterPlan } from "./filterPlan.ts";
import { groupCandidates } from "./groupCandidates.ts";
import { resolveTarget } from "./queryTarget.ts";
import { QueryTrace } from "./queryTrace.ts";

export interface QueryRun {
  /** The one that is served at the time of a call. */
  readonly state: () => AppliedState;
  readonly options: Pick<OpenCollectionOptions, "dimension" | "metric" | "clock">;
  readonly deadline: Deadline;
  /** Is told of plain searches through the graph. */
  readonly onGraphSearch: (state: AppliedState, vector: Float32Array, k: number, found: FoundRows) => void;
}

/** Documents described between two turns of the event loop. */
const documentsPerSlice = 500;

/**
 * From a query to its answer, at one moment of the collection: filter → search → groups or a page of the ranking →
 * documents.
 *
 * @throws AkiDbError `invalid_argument`, also where the matches are more than an answer holds, `not_found` where a document
 * that it names is not there; what the deadline throws
 */
export async function runQuery(query: CollectionQuery, run: QueryRun): Promise<QueryAnswer> {
  const { options, deadline } = run;
  const checked = checkQuery(query, options);
  const trace = new QueryTrace(options.clock);
  const { filter } = checked;
  const isReady = filter === undefined || run.state().payload.isUpToDate;
  using moment = isReady
    ? ReadMoment.now(run.state())
    : await trace.time("filter", () => ReadMoment.withPayload(run.state, deadline));
  // From here to the search in one turn, unless documents have to be read: nothing is written in between.
  const { state } = moment;
  const target = resolveTarget(checked.target, { state, metric: options.metric, within: query.within });
  const plan = filter && trace.timeNow("filter", () => new FilterPlan(filter, moment, deadline));
  const conditions =
    filter === undefined || query.explain !== true
      ? []
      : explainFilter(filter, state.payload.index, moment.rowCount);
  if (plan?.isOpen) await trace.time("filter", () => plan.settle(wantedRows(checked)));
  const search = new CandidateSearch({
    query: checked,
    target,
    filter: plan,
    moment,
    deadline,
    onGraphSearch: (k, found) => run.onGraphSearch(state, target.vector, k, found),
  });
  const answer = await rank(query, checked, { search, plan, moment, trace, run });
  const { rowCount } = moment;
  const estimate = () => filter && estimateMatches(filter, state.payload.index, rowCount);
  return {
    ...answer,
    explain: () => explain(search, plan, { estimate: estimate(), conditions, trace }),
    plan: planOf(search.efforts),
    timeline: () => trace.timeline(),
  };
}

/** Rows that the search is to return at first. */
const wantedRows = ({ topK, offset, grouping }: CheckedQuery): number =>
  grouping === undefined ? offset + topK : topK * grouping.size;

interface Stages {
  readonly search: Pick<CandidateSearch, "nearest">;
  readonly plan: FilterPlan | undefined;
  readonly moment: ReadMoment;
  readonly trace: QueryTrace;
  readonly run: Pick<QueryRun, "deadline" | "options">;
  /** The metric's own, if absent. */
  readonly distanceOf?: ((score: number) => number) | undefined;
  /** Says more of a match. */
  readonly decorate?: (match: Match, row: number) => Match;
}

/** Groups or a page of a ranking, with their documents. */
export async function rank(
  { include, answerSize = new AnswerSize() }: CollectionQuery,
  { topK, offset, grouping }: CheckedQuery,
  { search, plan, moment, trace, run, distanceOf, decorate = (match) => match }: Stages,
): Promise<Pick<QueryAnswer, "matches" | "groups">> {
  const { deadline, options } = run;
  const describe = (rows: readonly number[], scores: readonly number[]): Promise<Match[]> =>
    trace.time("documents", async () => {
      const matches: Match[] = [];
      for (const [rank, row] of rows.entries()) {
        if (rank % documentsPerSlice === documentsPerSlice - 1) {
          await new Promise((resolve) => setImmediate(resolve));
          deadline.check();
        }
        const score = scores[rank]!;
        const distance = distanceOf?.(score) ?? scoreToDistance(options.metric, score);
        const described = moment.describedAt(row);
        const match = { ...describeDocument(described, include), score, distance };
        answerSize.addMatch(described.document, match);
        matches.push(decorate(match, row));
      }
      return matches;
    });
  if (grouping === undefined) {
    const { rows, scores } = await trace.time("search", () => search.nearest(offset + topK));
    return { matches: await describe(rows.slice(offset), scores.slice(offset)) };
  }
  const allowed = plan?.allowed;
  const request = { search, grouping, groupCount: topK, allowed, moment, deadline };
  const found = await trace.time("search", () => groupCandidates(request));
  const groups: MatchGroup[] = [];
  for (const { value, rows, scores } of found) groups.push({ value, matches: await describe(rows, scores) });
  return { matches: [], groups };
}

interface Explained extends Pick<NonNullable<QueryExplanation["filter"]>, "conditions"> {
  readonly estimate: number | undefined;
  readonly trace: QueryTrace;
}

export function explain(
  search: Pick<CandidateSearch, "efforts" | "candidateCount">,
  plan: FilterPlan | undefined,
  { estimate, conditions, trace }: Explained,
): QueryExplanation {
  const { efforts } = search;
  const sum = (of: (effort: (typeof efforts)[number]) => number): number =>
    efforts.reduce((total, effort) => total + of(effort), 0);
  return {
    plan: planOf(efforts),
    matches: sum(({ matches }) => matches),
    candidates: search.candidateCount,
    codeDistances: sum(({ codeDistances }) => codeDistances),
    exactDistances: sum(({ exactDistances }) => exactDistances),
    tailRows: sum(({ tailRows }) => tailRows),
    segments: efforts,
    filter:
      plan === undefined || estimate === undefined
        ? null
        : { estimatedMatches: estimate, check: plan.check, documentsRead: plan.documentsRead, conditions },
    fullText: null,
    stages: trace.stages,
  };
}
