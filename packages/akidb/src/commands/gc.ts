import type { AkiDb, CollectGarbageInput, GarbageReport } from "@akidb/base";
import { garbageReportToWire } from "@akidb/client";
import type { Command } from "commander";
import type { Cli } from "../cli.ts";
import { partialExitCode } from "../exitCodes.ts";
import { addConnectionOptions, type ConnectionFlags } from "../target/connectionOptions.ts";
import { withTarget } from "../target/openTarget.ts";
import { formatBytes, formatCount } from "../terminal/formatNumber.ts";
import { paintIf } from "../terminal/paint.ts";
import { printable } from "../terminal/printable.ts";
import { renderTable, tableWidth } from "../terminal/table.ts";
import { confirmDeletion } from "./confirmDeletion.ts";
import { examples } from "./examples.ts";
import { wholeNumber } from "./parseOption.ts";
import { printJson } from "./printJson.ts";
import { waitForJob } from "./waitForJob.ts";

interface GcFlags extends ConnectionFlags {
  readonly dryRun?: true;
  readonly olderThanHours: number;
  readonly unknownCollections?: true;
  readonly yes?: true;
  readonly json?: true;
}

const hoursMax = 876_000;

export function registerGc(program: Command, cli: Cli): void {
  const command = program
    .command("gc")
    .summary("find and remove what nobody needs")
    .description(
      "Find what nobody needs, in the data directory and in the object store, and remove it. What any manifest names stays, and what " +
        "was modified lately. A server goes on with it where the command is interrupted.",
    );
  addConnectionOptions(command)
    .option("--dry-run", "only say what would be removed")
    .option(
      "--older-than-hours <N>",
      "leave what was modified later",
      wholeNumber("--older-than-hours", 1, hoursMax),
      24,
    )
    .option(
      "--unknown-collections",
      "remove objects of collections that this server does not know, too; no other server may use the same bucket and prefix",
    )
    .option("--yes", "do not ask")
    .option("--json", "print the report as JSON")
    .addHelpText("after", examples("akidb gc --dry-run", "akidb gc --older-than-hours 168 --yes --json"))
    .action((flags: GcFlags) =>
      withTarget(cli, { flags, mayCreate: false }, (db) => collect(cli, db, flags)),
    );
}

async function collect(cli: Cli, db: AkiDb, flags: GcFlags): Promise<void> {
  const input: CollectGarbageInput = {
    olderThanSeconds: 3_600 * flags.olderThanHours,
    unknownCollections: flags.unknownCollections === true,
  };
  const isFree = flags.dryRun === true || flags.yes === true;
  let report = await collectAsJob(cli, db, { ...input, dryRun: flags.yes !== true || flags.dryRun === true });
  if (!isFree && wanted(report, flags).length > 0) {
    printTable(cli, report, flags);
    const bytes = wanted(report, flags).reduce((sum, item) => sum + item.bytes, 0);
    if (!(await confirmDeletion(cli, `what is in the table (${formatBytes(bytes)})`))) {
      cli.terminal.note("nothing was deleted\n");
      return cli.exitWith(partialExitCode);
    }
    report = await collectAsJob(cli, db, { ...input, dryRun: false });
  }
  if (flags.json) printJson(cli, garbageReportToWire(report));
  else printReport(cli, report, flags);
  if (report.problems.length > 0) cli.exitWith(partialExitCode);
}

async function collectAsJob(cli: Cli, db: AkiDb, input: CollectGarbageInput): Promise<GarbageReport> {
  const job = await db.garbageCollections.start(input);
  await waitForJob(cli, db, job, "gc");
  return await db.garbageCollections.report(job.id);
}

/** What is removed, or would be. */
const wanted = (
  { items }: GarbageReport,
  { unknownCollections = false }: GcFlags | { unknownCollections?: boolean },
) => items.filter(({ kind }) => kind !== "unknown_collection" || unknownCollections);

function printReport(cli: Cli, report: GarbageReport, flags: GcFlags): void {
  const { terminal } = cli;
  for (const problem of report.problems) terminal.note(`akidb: left alone: ${printable(problem)}\n`);
  const isTold = report.items.some(({ isRemoved }) => !isRemoved);
  if (isTold) printTable(cli, report, flags);
  if (flags.dryRun) {
    const bytes = wanted(report, flags).reduce((sum, item) => sum + item.bytes, 0);
    terminal.print(`would remove ${formatBytes(bytes)}\n`);
  } else terminal.print(`removed ${formatBytes(report.removedBytes)}\n`);
}

function printTable({ terminal }: Cli, report: GarbageReport, flags: GcFlags): void {
  if (report.items.length === 0) return;
  const columns = [
    { title: "KIND" },
    { title: "NAME" },
    { title: "FILES", align: "right" },
    { title: "SIZE", align: "right" },
    { title: "MODIFIED" },
    { title: "" },
  ] as const;
  const goes = wanted(report, flags);
  const rows = report.items.map((item) => [
    item.kind,
    printable(item.name),
    formatCount(item.count),
    formatBytes(item.bytes),
    item.modifiedAt,
    item.isRemoved ? "removed" : goes.includes(item) ? "" : "left: --unknown-collections",
  ]);
  terminal.print(renderTable(columns, rows, paintIf(terminal.outHasColors), tableWidth(terminal)));
}
