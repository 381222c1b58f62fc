import {
  type HighlightInput,
  invalidArgument,
  type JsonObject,
  type Match,
  type MatchGroup,
  type MatchParts,
  type QueryExample,
  type QueryExamples,
  type QueryInput,
  type QueryResult,
} from "@akidb/base";
import { definedFields, explanationFromWire, QueryExplanationBody } from "@akidb/protocol";
import type {
  Highlight,
  Match as MatchMessage,
  QueryExample as QueryExampleMessage,
  QueryExamples as QueryExamplesMessage,
  QueryRequest,
  QueryResponse,
} from "@akidb/protocol/grpc";
import { readAnswer } from "../readAnswer.ts";
import { vectorOf } from "./documentMessages.ts";
import { components, flag, include, list, number, struct, text, whole32 } from "./fields.ts";

export const queryMessage = (collectionId: string, input: QueryInput): QueryRequest => ({
  collectionId,
  queryVector: input.vector === undefined ? [] : components("vector", input.vector),
  topK: whole32("top_k", input.topK),
  text: text("text", input.text),
  id: text("id", input.id),
  vectors: input.vectors && examplesMessage(input.vectors),
  fullText: text("full_text", input.fullText),
  hybrid: input.hybrid && {
    text: text("hybrid.text", input.hybrid.text),
    fusion: text("hybrid.fusion", input.hybrid.fusion),
    weight: number("hybrid.weight", input.hybrid.weight),
    k: whole32("hybrid.k", input.hybrid.k),
  },
  rerank: input.rerank && {
    provider: text("rerank.provider", input.rerank.provider),
    text: text("rerank.text", input.rerank.text),
    topN: whole32("rerank.top_n", input.rerank.topN),
  },
  highlight: highlightMessage(input.highlight),
  offset: whole32("offset", input.offset),
  minScore: number("min_score", input.minScore),
  ef: whole32("ef", input.ef),
  exact: flag("exact", input.exact),
  filter: struct("filter", input.filter),
  params: input.params && { rescore: flag("params.rescore", input.params.rescore) },
  groupBy: input.groupBy && {
    field: text("group_by.field", input.groupBy.field) ?? "",
    size: whole32("group_by.size", input.groupBy.size),
  },
  include: include(input.include),
  explain: flag("explain", input.explain),
  timeoutMs: whole32("timeout_ms", input.timeoutMs),
});

function highlightMessage(highlight: boolean | HighlightInput | undefined): Highlight | undefined {
  if (highlight === undefined || highlight === false) return undefined;
  if (highlight === true) return { fragments: undefined, fragmentCharacters: undefined };
  return {
    fragments: whole32("highlight.fragments", highlight.fragments),
    fragmentCharacters: whole32("highlight.fragment_characters", highlight.fragmentCharacters),
  };
}

function examplesMessage({ positive, negative = [] }: QueryExamples): QueryExamplesMessage {
  const messages = (path: string, examples: readonly QueryExample[]) =>
    list(path, examples).map((example, index) => exampleMessage(`${path}[${index}]`, example));
  return {
    positive: messages("vectors.positive", positive),
    negative: messages("vectors.negative", negative),
  };
}

function exampleMessage(path: string, example: QueryExample): QueryExampleMessage {
  if (typeof example === "string") return { example: { $case: "id", value: text(path, example) ?? "" } };
  if (typeof example !== "object") throw invalidArgument(path, "must be a vector or an id");
  return { example: { $case: "vector", value: { values: components(path, example) } } };
}

/** @param input what was asked: a list is empty where it was not sent */
export function queryResultOf(
  { matches, groups, explain, latencyMs }: QueryResponse,
  { groupBy, highlight = false }: QueryInput,
): QueryResult {
  const read = (message: MatchMessage): Match => matchOf(message, highlight !== false);
  return definedFields<QueryResult>({
    matches: matches.map(read),
    groups:
      groupBy && groups.map(({ value, matches }): MatchGroup => ({ value, matches: matches.map(read) })),
    explain: explain && readAnswer(QueryExplanationBody, explanationFromWire, explain),
    latencyMs,
  });
}

/** What the score tells to all of its bits where it is the same: distances travel as 32-bit floats. */
const distanceOf = ({ score, distance }: MatchMessage): number =>
  [1 - score, -score].find((exact) => Math.fround(exact) === distance) ?? distance;

const matchOf = (message: MatchMessage, hasHighlights: boolean): Match =>
  definedFields<Match>({
    id: message.docId,
    externalId: message.externalId,
    score: message.score,
    distance: distanceOf(message),
    vector: vectorOf(message.vector),
    text: message.text,
    metadata: message.metadata as JsonObject | undefined,
    highlights: hasHighlights ? message.highlights : undefined,
    parts: message.parts && definedFields<MatchParts>(message.parts),
  });
