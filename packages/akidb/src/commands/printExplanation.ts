import type { FilterExplanation, QueryExplanation } from "@akidb/base";
import type { Cli } from "../cli.ts";
import { formatCount } from "../terminal/formatNumber.ts";
import { paintIf } from "../terminal/paint.ts";
import { printable } from "../terminal/printable.ts";
import { renderTable, tableWidth } from "../terminal/table.ts";

const planTexts: { readonly [Plan in QueryExplanation["plan"]]: string } = {
  text: "text: the full text alone",
  exact: "exact: every document that could be an answer was compared",
  graph: "graph: a walk through the graph",
  filtered: "filtered: a walk through the graph under the filter",
};

const checkTexts: { readonly [Check in FilterExplanation["check"]]: string } = {
  index: "by the indexes alone",
  documents: "by indexes and documents",
  candidates: "by indexes, and by the documents that the search found",
};

/** How a query was answered, for people: what was done, what it took, and where the time went. */
export function printExplanation({ terminal }: Cli, explanation: QueryExplanation): void {
  const paint = paintIf(terminal.outHasColors);
  const { filter } = explanation;
  const facts: readonly (readonly [string, string])[] = [
    ["plan", planTexts[explanation.plan]],
    ...(filter === null ? [] : filterFacts(filter)),
    ...(explanation.fullText === null
      ? []
      : ([["say the words", formatCount(explanation.fullText.matches)]] as const)),
    ["could be an answer", formatCount(explanation.matches)],
    ["found", formatCount(explanation.candidates)],
    ["compared by code", formatCount(explanation.codeDistances)],
    ["compared by vector", formatCount(explanation.exactDistances)],
    ["not in the graph yet", formatCount(explanation.tailRows)],
    ["segments", explanation.segments.map(({ method }) => method).join(", ") || "none"],
    ...explanation.stages.map(
      ({ name, durationMs }) => [`time: ${name}`, `${durationMs.toFixed(3)} ms`] as const,
    ),
  ];
  const columns = [{ title: "EXPLANATION" }, { title: "" }];
  terminal.print(`\n${renderTable(columns, facts, paint, tableWidth(terminal))}`);
  if (filter === null || filter.conditions.length === 0) return;
  const rows = filter.conditions.map(({ field, test, source, estimatedMatches }) => [
    printable(field),
    test,
    source,
    formatCount(estimatedMatches),
  ]);
  const titles = [
    { title: "FIELD" },
    { title: "TEST" },
    { title: "FROM" },
    { title: "ESTIMATE", align: "right" },
  ] as const;
  terminal.print(`\n${renderTable(titles, rows, paint, tableWidth(terminal))}`);
}

const filterFacts = (filter: FilterExplanation): readonly (readonly [string, string])[] => [
  ["filter", `${checkTexts[filter.check]}; ${formatCount(filter.documentsRead)} documents read for it`],
  ["estimate", `${formatCount(filter.estimatedMatches)} pass`],
];
