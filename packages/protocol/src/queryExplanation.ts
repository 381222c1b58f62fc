import type { QueryExplanation } from "@akidb/base";
import Type, { type Static } from "typebox";
import { roundedMs } from "./latency.ts";
import { stringEnum } from "./stringEnum.ts";

const count = (description: string) => Type.Integer({ description });

export const QueryExplanationBody = Type.Object(
  {
    plan: stringEnum<QueryExplanation["plan"]>(["text", "exact", "graph", "filtered"], {
      description:
        "`text`: the full text alone. `exact`: every document that could be an answer was compared. `graph`: a walk through the graph. " +
        "`filtered`: such a walk under a filter.",
    }),
    matches: count("Documents that could be an answer, as far as the indexes know."),
    candidates: count("Documents that the search found, before some were left out."),
    code_distances: count("Comparisons of vectors by their codes."),
    exact_distances: count("Comparisons of vectors in full."),
    tail_rows: count("Documents not in the graph yet, which were looked at one by one."),
    segments: Type.Array(
      Type.Object({
        method: stringEnum<QueryExplanation["segments"][number]["method"]>(
          ["exact", "scan", "graph", "checked_walk", "match_walk"],
          {
            description:
              "`exact`: each by its vector. `scan`: each by its code, the nearest by their vectors. `graph`: a walk. " +
              "`checked_walk`: a walk that counts only what the filter allows. `match_walk`: a walk from one document that " +
              "it allows to the next.",
          },
        ),
        matches: Type.Integer(),
        code_distances: Type.Integer(),
        exact_distances: Type.Integer(),
        tail_rows: Type.Integer(),
      }),
    ),
    filter: Type.Union([
      Type.Object({
        estimated_matches: count("By counts of the indexes, before anything was looked up."),
        check: stringEnum<NonNullable<QueryExplanation["filter"]>["check"]>(
          ["index", "documents", "candidates"],
          {
            description:
              "`index`: the indexes told of every document. `documents`: what they left open was looked up in the " +
              "documents. `candidates`: only of those that the search found.",
          },
        ),
        documents_read: Type.Integer(),
        conditions: Type.Array(
          Type.Object({
            field: Type.String(),
            test: Type.String({ description: "The operator, without its value.", examples: ["$gte"] }),
            source: stringEnum<"index" | "documents">(["index", "documents"]),
            estimated_matches: Type.Integer(),
          }),
        ),
      }),
      Type.Null(),
    ]),
    full_text: Type.Union(
      [
        Type.Object({
          matches: count("Documents that say what was sought, whatever the filter says."),
          candidates: count("Of these, the best that pass the filter."),
        }),
        Type.Null(),
      ],
      { description: "Null where no texts were searched." },
    ),
    stages: Type.Array(Type.Object({ name: Type.String(), duration_ms: Type.Number() }), {
      description: "In their order.",
    }),
  },
  { $id: "QueryExplanation", description: "How a query was answered; only where it asks." },
);
export type QueryExplanationBody = Static<typeof QueryExplanationBody>;

export const explanationToWire = (explanation: QueryExplanation): QueryExplanationBody => ({
  plan: explanation.plan,
  matches: explanation.matches,
  candidates: explanation.candidates,
  code_distances: explanation.codeDistances,
  exact_distances: explanation.exactDistances,
  tail_rows: explanation.tailRows,
  segments: explanation.segments.map((segment) => ({
    method: segment.method,
    matches: segment.matches,
    code_distances: segment.codeDistances,
    exact_distances: segment.exactDistances,
    tail_rows: segment.tailRows,
  })),
  filter: explanation.filter && {
    estimated_matches: explanation.filter.estimatedMatches,
    check: explanation.filter.check,
    documents_read: explanation.filter.documentsRead,
    conditions: explanation.filter.conditions.map(({ estimatedMatches, ...condition }) => ({
      ...condition,
      estimated_matches: estimatedMatches,
    })),
  },
  full_text: explanation.fullText && { ...explanation.fullText },
  stages: explanation.stages.map(({ name, durationMs }) => ({ name, duration_ms: roundedMs(durationMs) })),
});

export const explanationFromWire = (body: QueryExplanationBody): QueryExplanation => ({
  plan: body.plan,
  matches: body.matches,
  candidates: body.candidates,
  codeDistances: body.code_distances,
  exactDistances: body.exact_distances,
  tailRows: body.tail_rows,
  segments: body.segments.map((segment) => ({
    method: segment.method,
    matches: segment.matches,
    codeDistances: segment.code_distances,
    exactDistances: segment.exact_distances,
    tailRows: segment.tail_rows,
  })),
  filter: body.filter && {
    estimatedMatches: body.filter.estimated_matches,
    check: body.filter.check,
    documentsRead: body.filter.documents_read,
    conditions: body.filter.conditions.map(({ estimated_matches, ...condition }) => ({
      ...condition,
      estimatedMatches: estimated_matches,
    })),
  },
  fullText: body.full_text,
  stages: body.stages.map(({ name, duration_ms }) => ({ name, durationMs: duration_ms })),
});
