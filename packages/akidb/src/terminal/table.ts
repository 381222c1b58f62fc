import CliTable, { type HorizontalAlignment } from "cli-table3";
import type { Paint } from "./paint.ts";
import type { Terminal } from "./terminal.ts";

export interface Column {
  readonly title: string;
  readonly align?: HorizontalAlignment;
  /** Cells wrap at this width; as wide as its widest cell if absent, or as the terminal has room for. */
  readonly width?: number;
}

/** Spaces between two columns. */
export const columnGap = 2;

/** What a table may take; undefined where nobody looks at it, and lines are better whole. */
export const tableWidth = ({ outIsTerminal, columns }: Terminal): number | undefined =>
  outIsTerminal ? columns : undefined;

/**
 * A table without lines, as `kubectl` and `docker` have them: easy to read, and to cut and paste. Where it is wider than
 * `widthMax`, cells are wrapped between words; where that is not enough, each row becomes a paragraph, as `psql` has it.
 */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  paint: Paint,
  widthMax = Number.POSITIVE_INFINITY,
): string {
  const cellsOf = (at: number): readonly string[] => [columns[at]!.title, ...rows.map((row) => row[at]!)];
  const widest = columns.map(({ width }, at) => width ?? Math.max(...cellsOf(at).map(visibleLength)));
  if (totalOf(widest) <= widthMax) return renderWithin(columns, rows, paint);
  const narrowest = columns.map(({ width }, at) => width ?? Math.max(...cellsOf(at).map(longestWord)));
  if (totalOf(narrowest) > widthMax) return renderParagraphs(columns, rows, paint);
  const widths = narrowed(widest, narrowest, widthMax);
  return renderWithin(
    columns.map((column, at) => ({ ...column, width: widths[at]! })),
    rows,
    paint,
  );
}

const totalOf = (widths: readonly number[]): number =>
  widths.reduce((sum, width) => sum + width, columnGap * (widths.length - 1));

/** Without what colours it. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control characters
const visibleLength = (text: string): number => text.replace(/\u001b\[[\d;]*m/g, "").length;

const longestWord = (text: string): number => Math.max(...text.split(" ").map(visibleLength));

/** The widest give first. */
function narrowed(widest: readonly number[], narrowest: readonly number[], widthMax: number): number[] {
  const widths = [...widest];
  for (let over = totalOf(widths) - widthMax; over > 0; over--) {
    let given = -1;
    for (const [at, width] of widths.entries()) {
      if (width > narrowest[at]! && width > (widths[given] ?? 0)) given = at;
    }
    widths[given]! -= 1;
  }
  return widths;
}

function renderParagraphs(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  paint: Paint,
): string {
  const titleWidth = Math.max(...columns.map(({ title }) => title.length));
  const paragraphs = rows.map((row) =>
    row
      .map((cell, at) => `${paint("bold", columns[at]!.title.padEnd(titleWidth))}  ${cell}\n`)
      .filter((_, at) => row[at] !== "")
      .join(""),
  );
  return paragraphs.join("\n");
}

function renderWithin(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  paint: Paint,
): string {
  const table = new CliTable({
    head: columns.map(({ title }) => paint("bold", title)),
    colAligns: columns.map(({ align = "left" }) => align),
    colWidths: columns.map(({ width }) => (width === undefined ? null : width + columnGap)),
    wordWrap: true,
    chars: Object.fromEntries(charNames.map((name) => [name, ""])),
    style: { "padding-left": 0, "padding-right": columnGap, head: [], border: [] },
  });
  table.push(...rows.map((row) => [...row]));
  const lines = table.toString().split("\n");
  return lines.map((line) => `${line.trimEnd()}\n`).join("");
}

const charNames = [
  "top",
  "top-mid",
  "top-left",
  "top-right",
  "bottom",
  "bottom-mid",
  "bottom-left",
  "bottom-right",
  "left",
  "left-mid",
  "mid",
  "mid-mid",
  "right",
  "right-mid",
  "middle",
] as const;
