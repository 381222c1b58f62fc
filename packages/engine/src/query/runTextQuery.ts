import { limits, type Match } from "@akidb/base";
import type { AppliedState } from "../collection/appliedState.ts";
import type { StoredTexts } from "../documents/storedTexts.ts";
import { soughtPhrases } from "../fullText/ftsExpression.ts";
import { highlightFragments } from "../fullText/highlightFragments.ts";
import type { RankedRows } from "../index/vectorIndex.ts";
import { estimateMatches } from "../payload/estimateMatches.ts";
import { fuseRanked } from "../reads/fuseRanked.ts";
import { ReadMoment } from "../reads/readMoment.ts";
import type { TextSearch } from "../reads/textSearch.ts";
import { CandidateSearch, planOf } from "./candidateSearch.ts";
import { type CheckedQuery, checkQuery } from "./checkQuery.ts";
import { type CheckedTextQuery, checkTextQuery } from "./checkTextQuery.ts";
import type { CollectionQuery, QueryAnswer } from "./collectionQuery.ts";
import { explainFilter } from "./explainFilter.ts";
import { FilterPlan } from "./filterPlan.ts";
import { resolveTarget } from "./queryTarget.ts";
import { QueryTrace } from "./queryTrace.ts";
import { RankedList, type RankedRow } from "./rankedList.ts";
import { rerankRows } from "./rerankRows.ts";
import { explain, type QueryRun, rank } from "./runQuery.ts";

export interface TextQueryRun extends Omit<QueryRun, "state" | "onGraphSearch"> {
  readonly state: () => AppliedState;
  readonly textSearch: TextSearch;
  readonly texts: StoredTexts;
}

/** Of each list that is fused: deeper than what is asked for, since what is second in both may be first of all. */
const fusedMin = 100;
const fusedFactor = 4;

/** Of a ranking that is grouped: a group has what is found of it there. */
const groupedRows = 10_000;

/**
 * As {@link runQuery}, where texts are searched, marked or ranked: filter → full text and vectors, as of one moment →
 * fusion → a model's ranking → groups or a page → documents → marks.
 *
 * @throws as `runQuery`; what the model throws
 */
export async function runTextQuery(query: CollectionQuery, run: TextQueryRun): Promise<QueryAnswer> {
  const checked = checkQuery(query, run.options);
  const textual = checkTextQuery(query);
  const trace = new QueryTrace(run.options.clock);
  const searches = new Searches(query, checked, { textual, trace, run });
  using found = await trace.time("search", () => searches.find());
  const { moment, text, vector, matchCount } = found;
  let ranked = rankedRows(textual, vector, text);
  if (textual.rerank !== undefined) {
    const { rerank } = textual;
    ranked = await trace.time("rerank", () => rerankRows(ranked, rerank, moment, run.deadline));
  }
  const list = new RankedList(ranked.filter(({ score }) => score >= checked.minScore));
  const { partsByRow } = list;
  const isMadeOfParts = textual.fusion !== undefined || textual.rerank !== undefined;
  const texts = new Map<string, string>();
  const answer = await rank(query, checked, {
    search: list,
    plan: undefined,
    moment,
    trace,
    run,
    // A vector's own score is what a metric measures; no other is.
    distanceOf: textual.sought === undefined && textual.rerank === undefined ? undefined : (score) => -score,
    decorate: (match, row) => {
      const { text: said } = moment.documentAt(row);
      if (said !== undefined && textual.highlight !== undefined) texts.set(match.id, said);
      return isMadeOfParts && query.explain === true ? { ...match, parts: partsByRow.get(row)! } : match;
    },
  });
  const marked = await trace.time("highlight", () => highlighted(answer, texts, textual, run.texts));
  const { plan, estimate, conditions, candidates } = searches;
  const way = candidates === undefined ? "text" : planOf(candidates.efforts);
  const fullText = text === undefined ? null : { matches: matchCount, candidates: text.rows.length };
  return {
    ...marked,
    explain: () => {
      const told = explain(candidates ?? noVectors, plan, { estimate: estimate(), conditions, trace });
      return { ...told, plan: way, fullText };
    },
    plan: way,
    timeline: () => trace.timeline(),
  };
}

const noVectors = { efforts: [], candidateCount: 0 };

interface Found extends Disposable {
  readonly moment: ReadMoment;
  readonly text: RankedRows | undefined;
  readonly vector: RankedRows | undefined;
  readonly matchCount: number;
}

interface SearchesParts {
  readonly textual: CheckedTextQuery;
  readonly trace: QueryTrace;
  readonly run: TextQueryRun;
}

/** The searches of one query, of which each is of the same moment and allowed the same rows. */
class Searches {
  plan: FilterPlan | undefined;
  /** Put together where somebody asks. */
  estimate: () => number | undefined = () => undefined;
  conditions: ReturnType<typeof explainFilter> = [];
  /** Undefined where no vectors are searched. */
  candidates: CandidateSearch | undefined;
  readonly #query: CollectionQuery;
  readonly #checked: CheckedQuery;
  readonly #parts: SearchesParts;

  constructor(query: CollectionQuery, checked: CheckedQuery, parts: SearchesParts) {
    this.#query = query;
    this.#checked = checked;
    this.#parts = parts;
  }

  async find(): Promise<Found> {
    const { textual, run } = this.#parts;
    const { sought } = textual;
    if (sought === undefined) return await this.#findVectors();
    let vector: Promise<RankedRows | undefined> = Promise.resolve(undefined);
    const result = await run.textSearch.find(
      {
        query: sought,
        k: this.#depth,
        needsPayload: this.#checked.filter !== undefined,
        begin: (moment) => {
          const begun = this.#begin(moment.read);
          vector = begun.then(() => this.#nearest());
          vector.catch(() => {});
          return begun.then(() => (this.plan?.allowed ?? moment.read.unexpiredRows())?.words);
        },
      },
      run.deadline,
    );
    try {
      const { found: text, matchCount, moment } = result;
      const dispose = () => result[Symbol.dispose]();
      return { moment: moment.read, text, vector: await vector, matchCount, [Symbol.dispose]: dispose };
    } catch (error) {
      result[Symbol.dispose]();
      throw error;
    }
  }

  async #findVectors(): Promise<Found> {
    const { run } = this.#parts;
    const { filter } = this.#checked;
    const moment =
      filter === undefined
        ? ReadMoment.now(run.state())
        : await ReadMoment.withPayload(run.state, run.deadline);
    try {
      await this.#begin(moment);
      const vector = await this.#nearest();
      const dispose = () => moment[Symbol.dispose]();
      return { moment, text: undefined, vector, matchCount: 0, [Symbol.dispose]: dispose };
    } catch (error) {
      moment[Symbol.dispose]();
      throw error;
    }
  }

  /** How much of each ranking may make a difference. */
  get #depth(): number {
    const { topK, offset, grouping } = this.#checked;
    const { fusion, rerank } = this.#parts.textual;
    const asked = Math.max(offset + topK, rerank?.topN ?? 0);
    const wanted = fusion === undefined ? asked : Math.max(fusedMin, fusedFactor * asked);
    return Math.min(limits.topKMax, grouping === undefined ? wanted : groupedRows);
  }

  /** In the moment's own turn. */
  async #begin(moment: ReadMoment): Promise<void> {
    const { filter, target } = this.#checked;
    const { run } = this.#parts;
    const { state } = moment;
    const resolved = resolveTarget(target, { state, metric: run.options.metric, within: this.#query.within });
    const { payload } = state;
    this.plan = filter && new FilterPlan(filter, moment, run.deadline);
    const { rowCount } = moment;
    this.estimate = () => filter && estimateMatches(filter, payload.index, rowCount);
    if (filter !== undefined && this.#query.explain === true) {
      this.conditions = explainFilter(filter, payload.index, moment.rowCount);
    }
    this.candidates =
      target.kind === "none"
        ? undefined
        : new CandidateSearch({
            // What is not near enough to be an answer by itself may be one by its words.
            query: { ...this.#checked, minScore: Number.NEGATIVE_INFINITY },
            target: resolved,
            filter: this.plan,
            moment,
            deadline: run.deadline,
            onGraphSearch: () => {},
          });
    // Both searches ask of every row.
    if (this.plan?.isOpen === true) await this.plan.lookUpAll();
  }

  async #nearest(): Promise<RankedRows | undefined> {
    if (this.candidates === undefined) return undefined;
    const { rows, scores } = await this.candidates.nearest(this.#depth);
    return { rows: Uint32Array.from(rows), scores: Float64Array.from(scores) };
  }
}

function rankedRows(
  { fusion }: CheckedTextQuery,
  vector: RankedRows | undefined,
  text: RankedRows | undefined,
): readonly RankedRow[] {
  if (fusion !== undefined) {
    const fused = fuseRanked(vector ?? noRows, text ?? noRows, fusion);
    return Array.from(fused.rows, (row, index) => {
      const { vector: near, text: said } = fused.parts[index]!;
      const parts = {
        ...(near !== undefined && { vector: near }),
        ...(said !== undefined && { text: said }),
      };
      return { row, score: fused.scores[index]!, parts };
    });
  }
  const { rows, scores } = text ?? vector ?? noRows;
  return Array.from(rows, (row, index) => ({ row, score: scores[index]!, parts: {} }));
}

const noRows: RankedRows = { rows: new Uint32Array(), scores: new Float64Array() };

type Matches = Pick<QueryAnswer, "matches" | "groups">;

async function highlighted(
  answer: Matches,
  texts: ReadonlyMap<string, string>,
  { highlight, sought }: CheckedTextQuery,
  stored: StoredTexts,
): Promise<Matches> {
  if (highlight === undefined || sought === undefined || texts.size === 0) return answer;
  const marked = await stored.mark([...texts.values()], soughtPhrases(sought));
  const fragments = new Map(
    Array.from(texts.keys(), (id, index) => [id, highlightFragments(marked[index]!, highlight)]),
  );
  const mark = (matches: readonly Match[]): Match[] =>
    matches.map((match) => ({ ...match, highlights: fragments.get(match.id) ?? [] }));
  return {
    matches: mark(answer.matches),
    ...(answer.groups !== undefined && {
      groups: answer.groups.map(({ value, matches }) => ({ value, matches: mark(matches) })),
    }),
  };
}
