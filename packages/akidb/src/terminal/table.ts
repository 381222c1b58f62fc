import CliTable, { type HorizontalAlignment } from "cli-table3";
import type { Paint } from "./paint.ts";

export interface Column {
  readonly title: string;
  readonly align?: HorizontalAlignment;
  /** Cells wrap at this width; as wide as its widest cell if absent. */
  readonly width?: number;
}

/** Spaces between two columns. */
export const columnGap = 2;

/** A table without lines, as `kubectl` and `docker` have them: easy to read, and to cut and paste. */
export function renderTable(
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
