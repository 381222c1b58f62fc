import type { Match } from "@akidb/base";
import type { Cli } from "../cli.ts";
import { paintIf } from "../terminal/paint.ts";
import { paintHighlights } from "../terminal/paintHighlights.ts";
import { printable, shorten } from "../terminal/printable.ts";
import { type Column, columnGap, renderTable, tableWidth } from "../terminal/table.ts";

/** Where a text is cut: about three lines of a table in a terminal of usual width. */
const cellLinesMax = 3;
const cellWidthMin = 16;

/** A table with a line or a few for each match, of which there is at least one. */
export function printMatches({ terminal }: Cli, matches: readonly Match[]): void {
  const paint = paintIf(terminal.outHasColors);
  const idOf = ({ id, externalId }: Match): string => printable(externalId ?? id);
  const longestId = Math.max(...matches.map((match) => idOf(match).length));
  const idWidth = Math.min(longestId, 36);
  const contents: readonly { readonly title: string; readonly of: (match: Match) => string | undefined }[] = [
    { title: "TEXT", of: ({ text }) => text },
    { title: "METADATA", of: ({ metadata }) => metadata && JSON.stringify(metadata) },
    { title: "VECTOR", of: ({ vector }) => vector && JSON.stringify(Array.from(vector)) },
  ];
  const shown = contents.filter(({ of }) => matches.some((match) => of(match) !== undefined));
  const rankWidth = Math.max(1, String(matches.length).length);
  const scoreWidth = 8;
  const taken = rankWidth + scoreWidth + idWidth + columnGap * (3 + shown.length);
  const cellWidth = Math.max(
    cellWidthMin,
    Math.floor((terminal.columns - taken) / Math.max(1, shown.length)),
  );
  const columns: readonly Column[] = [
    { title: "#", align: "right", width: rankWidth },
    { title: "SCORE", align: "right", width: scoreWidth },
    { title: "ID", width: idWidth },
    ...shown.map(({ title }) => ({ title, width: cellWidth })),
  ];
  const charactersMax = cellWidth * cellLinesMax - columnGap;
  const cellOf = ({ title, of }: (typeof contents)[number], match: Match): string => {
    const { highlights = [] } = match;
    if (title === "TEXT" && highlights.length > 0) return paintHighlights(highlights, charactersMax, paint);
    return shorten(printable(of(match) ?? ""), charactersMax);
  };
  const rows = matches.map((match, index) => [
    String(index + 1),
    match.score.toFixed(4),
    paint("cyan", shorten(idOf(match), idWidth)),
    ...shown.map((content) => cellOf(content, match)),
  ]);
  terminal.print(renderTable(columns, rows, paint, tableWidth(terminal)));
}
