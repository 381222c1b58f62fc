import type { AuditLogEntry } from "@akidb/base";
import { auditLogEntryToWire } from "@akidb/client";
import type { Command } from "commander";
import type { Cli } from "../cli.ts";
import { addConnectionOptions, type ConnectionFlags } from "../target/connectionOptions.ts";
import { withTarget } from "../target/openTarget.ts";
import { paintIf } from "../terminal/paint.ts";
import { printable, shorten } from "../terminal/printable.ts";
import { renderTable, tableWidth } from "../terminal/table.ts";
import { type AuditFlags, addAuditOptions, auditQuery } from "./auditFlags.ts";
import { examples } from "./examples.ts";
import { wholeNumber } from "./parseOption.ts";
import { printJson } from "./printJson.ts";

const entriesMax = 1_000;

/** What was refused may have had a name of any length. */
const resourceCharactersMax = 80;

interface ListFlags extends ConnectionFlags, AuditFlags {
  readonly limit?: number;
  readonly json?: true;
}

export function registerAuditList(audit: Command, cli: Cli): void {
  const command = audit.command("list").description("List entries of the audit log, the newest first.");
  addAuditOptions(addConnectionOptions(command))
    .option(
      "--limit <N>",
      `at most so many, up to ${entriesMax} (default: 100); akidb audit export has all`,
      wholeNumber("--limit", 1, entriesMax),
    )
    .option("--json", "print them as a JSON array")
    .addHelpText(
      "after",
      examples(
        "akidb audit list --result denied --since 2026-01-31T00:00:00Z",
        "akidb audit list --user ada@example.org --json",
      ),
    )
    .action(async (flags: ListFlags) => {
      const query = { ...auditQuery(flags), limit: flags.limit ?? 100 };
      const { items } = await withTarget(cli, { flags, mayCreate: false }, (db) => db.auditLog.list(query));
      if (flags.json) return printJson(cli, items.map(auditLogEntryToWire));
      if (items.length === 0) return cli.terminal.note("no entries\n");
      printEntries(cli, items);
    });
}

function printEntries({ terminal }: Cli, entries: readonly AuditLogEntry[]): void {
  const columns = [
    { title: "ENTRY", align: "right" },
    { title: "TIME" },
    { title: "RESULT" },
    { title: "ACTION" },
    { title: "RESOURCE" },
    { title: "BY" },
    { title: "REASON" },
  ] as const;
  const rows = entries.map(({ sequence, createdAt, result, action, ...entry }) => [
    String(sequence),
    createdAt,
    result,
    printable(action),
    shorten(printable(`${entry.resourceType} ${entry.resourceId}`), resourceCharactersMax),
    printable(whoOf(entry)),
    printable(entry.reason ?? ""),
  ]);
  terminal.print(renderTable(columns, rows, paintIf(terminal.outHasColors), tableWidth(terminal)));
}

function whoOf({ userId, metadata }: Pick<AuditLogEntry, "userId" | "metadata">): string {
  const { principal, key_prefix: prefix } = metadata;
  if (prefix !== undefined) return `key ${String(prefix)}…`;
  return userId ?? String(principal ?? "-").replaceAll("_", " ");
}
