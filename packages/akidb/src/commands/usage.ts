import type { Usage } from "@akidb/base";
import { usageToWire } from "@akidb/client";
import type { Command } from "commander";
import type { Cli } from "../cli.ts";
import { addConnectionOptions, type ConnectionFlags } from "../target/connectionOptions.ts";
import { withTarget } from "../target/openTarget.ts";
import { formatBytes, formatCount } from "../terminal/formatNumber.ts";
import { paintIf } from "../terminal/paint.ts";
import { shareBar } from "../terminal/shareBar.ts";
import { renderTable, tableWidth } from "../terminal/table.ts";
import { examples } from "./examples.ts";
import { printJson } from "./printJson.ts";

interface UsageFlags extends ConnectionFlags {
  readonly tenant?: string;
  readonly json?: true;
}

export function registerUsage(program: Command, cli: Cli): void {
  const command = program
    .command("usage")
    .summary("show memory, disk and requests against the quotas")
    .description("Show what a tenant has of its quotas of memory, disk and requests.");
  addConnectionOptions(command)
    .option("--tenant <TENANT>", "slug or id of another tenant, for whoever runs the server")
    .option("--json", "print it as JSON, as the REST API has it")
    .addHelpText("after", examples("akidb usage", "akidb usage --tenant acme --json"))
    .action(async ({ tenant, json, ...flags }: UsageFlags) => {
      const usage = await withTarget(cli, { flags, mayCreate: false }, (db) =>
        db.usage(tenant === undefined ? {} : { tenant }),
      );
      if (json) return printJson(cli, usageToWire(usage));
      printUsage(cli, usage);
    });
}

function printUsage({ terminal }: Cli, usage: Usage): void {
  const paint = paintIf(terminal.outHasColors);
  const { memory, storage, requests } = usage;
  const columns = [
    { title: "" },
    { title: "USED", align: "right" },
    { title: "QUOTA", align: "right" },
    { title: "SHARE", align: "right" },
    ...(terminal.outIsTerminal ? [{ title: "" }] : []),
  ] as const;
  const rows = (
    [
      ["memory", memory.usedBytes, memory.quotaBytes, formatBytes],
      ["storage", storage.usedBytes, storage.quotaBytes, formatBytes],
      ["requests/s", requests.perSecond, requests.quotaPerSecond, formatRate],
    ] as const
  ).map(([name, used, quota, format]) => {
    // A quota of nothing is used up.
    const share = quota === 0 ? 1 : used / quota;
    const cells = [name, format(used), format(quota), `${(100 * share).toFixed(1)} %`];
    return terminal.outIsTerminal ? [...cells, shareBar(share, paint)] : cells;
  });
  terminal.print(renderTable(columns, rows, paint, tableWidth(terminal)));
  const { databaseCount, collectionCount, documentCount } = usage;
  terminal.print(
    `\n${counted(databaseCount, "database")}, ${counted(collectionCount, "collection")}, ${counted(documentCount, "document")}\n`,
  );
}

const formatRate = (perSecond: number): string =>
  perSecond.toLocaleString("en-US", { maximumFractionDigits: 1 });

const counted = (count: number, noun: string): string =>
  `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;
