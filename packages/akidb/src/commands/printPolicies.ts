import type { PolicyInfo } from "@akidb/base";
import type { Cli } from "../cli.ts";
import { paintIf } from "../terminal/paint.ts";
import { printable } from "../terminal/printable.ts";
import { renderTable, tableWidth } from "../terminal/table.ts";

const textCharactersMax = 80;

/** A table, with the beginning of each text. */
export function printPolicies({ terminal }: Cli, policies: readonly PolicyInfo[]): void {
  const columns = [
    { title: "NAME" },
    { title: "ENABLED" },
    { title: "UPDATED" },
    { title: "POLICY" },
  ] as const;
  const rows = policies.map(({ name, enabled, updatedAt, cedarText }) => [
    printable(name),
    enabled ? "yes" : "no",
    updatedAt,
    beginning(cedarText),
  ]);
  terminal.print(renderTable(columns, rows, paintIf(terminal.outHasColors), tableWidth(terminal)));
}

function beginning(cedarText: string): string {
  const line = printable(cedarText.replace(/\s+/g, " ").trim());
  return line.length <= textCharactersMax ? line : `${line.slice(0, textCharactersMax - 1)}…`;
}
