import { UuidV7Generator } from "@akidb/base";
import type { BackupListing, BackupRemovalReport, BackupSelection } from "@akidb/database";
import { loadConfig } from "@akidb/server/config";
import type { Command } from "commander";
import type { Cli } from "../cli.ts";
import { requirePlace } from "../target/backupTarget.ts";
import { type BackupStore, withBackupStore } from "../target/withBackupStore.ts";
import { formatBytes, formatCount } from "../terminal/formatNumber.ts";
import { paintIf } from "../terminal/paint.ts";
import { printable } from "../terminal/printable.ts";
import { renderTable, tableWidth } from "../terminal/table.ts";
import { examples } from "./examples.ts";
import { wholeNumber } from "./parseOption.ts";
import { printJson } from "./printJson.ts";

interface StoreFlags {
  readonly from?: string;
  readonly json?: true;
}

interface RemovalFlags extends StoreFlags {
  readonly dryRun?: true;
}

const keepMax = 1_000_000;

export function registerBackups(program: Command, cli: Cli): void {
  const backups = program
    .command("backups")
    .summary("list and remove backups")
    .description(
      "List the backups of a folder or a bucket, and remove those that are not needed any more, with what only they have.",
    )
    .addHelpText(
      "after",
      examples(
        "akidb backups list --from s3://vault/akidb",
        "akidb backups prune --from /mnt/backups --keep 7",
      ),
    );
  registerList(backups, cli);
  registerDelete(backups, cli);
  registerPrune(backups, cli);
}

function registerList(backups: Command, cli: Cli): void {
  addStoreOption(backups.command("list").description("List backups, oldest first."))
    .option("--json", "print them as a JSON array")
    .addHelpText("after", examples("akidb backups list --from /mnt/backups"))
    .action(async (flags: StoreFlags) => {
      const { listBackups } = await import("@akidb/database");
      const listings = await withStore(cli, flags, listBackups);
      if (flags.json) return printJson(cli, listings.map(listingToJson));
      if (listings.length === 0) return cli.terminal.note("no backups yet\n");
      printListings(cli, listings);
    });
}

function registerDelete(backups: Command, cli: Cli): void {
  const command = backups
    .command("delete")
    .description("Remove a backup, and all content that no other one needs.")
    .argument("<BACKUP>", "id");
  addRemovalOptions(command)
    .addHelpText(
      "after",
      examples("akidb backups delete 0198b2c4-63f0-7c0e-b3a5-3c3f0a8e4f10 --from /mnt/backups"),
    )
    .action((id: string, flags: RemovalFlags) => remove(cli, { kind: "one", id }, flags));
}

function registerPrune(backups: Command, cli: Cli): void {
  const command = backups
    .command("prune")
    .description("Remove all backups but the newest, and all content that these do not need.")
    .requiredOption("--keep <N>", "how many to keep", wholeNumber("--keep", 1, keepMax));
  addRemovalOptions(command)
    .addHelpText(
      "after",
      examples(
        "akidb backups prune --from s3://vault/akidb --keep 30",
        "akidb backups prune --keep 7 --dry-run",
      ),
    )
    .action((flags: RemovalFlags & { readonly keep: number }) =>
      remove(cli, { kind: "all but", keepCount: flags.keep }, flags),
    );
}

const addStoreOption = (command: Command): Command =>
  command.option(
    "--from <PLACE>",
    "a folder, or s3://bucket/prefix (default: backup.to of the configuration)",
  );

const addRemovalOptions = (command: Command): Command =>
  addStoreOption(command)
    .option("--dry-run", "only say what would be removed")
    .option("--json", "print what was removed as JSON");

async function withStore<Result>(
  cli: Cli,
  { from }: StoreFlags,
  work: (store: BackupStore) => Promise<Result>,
): Promise<Result> {
  const config = loadConfig({
    flags: {},
    environment: cli.environment,
    readFile: cli.files.readText,
    isTerminal: cli.terminal.outIsTerminal,
  });
  return await withBackupStore(
    cli,
    { place: requirePlace("--from", from ?? config.backup.to), config },
    work,
  );
}

async function remove(cli: Cli, selection: BackupSelection, flags: RemovalFlags): Promise<void> {
  const { clock, random } = cli;
  const isDryRun = flags.dryRun === true;
  const { removeBackups } = await import("@akidb/database");
  const report = await withStore(cli, flags, (store) =>
    removeBackups({ store, clock, ids: new UuidV7Generator(clock, random), selection, isDryRun }),
  );
  if (flags.json) return printJson(cli, removalToJson(report));
  const { removedBackups, keptCount, contentCount, contentBytes } = report;
  for (const id of removedBackups)
    cli.terminal.print(`${isDryRun ? "would remove" : "removed"} backup ${id}\n`);
  cli.terminal.print(
    `${isDryRun ? "would remove" : "removed"} ${formatCount(removedBackups.length)} backups and ` +
      `${formatCount(contentCount)} objects that no backup needs, ${formatBytes(contentBytes)}; ` +
      `${formatCount(keptCount)} backups stay\n`,
  );
}

function printListings({ terminal }: Cli, listings: readonly BackupListing[]): void {
  const columns = [
    { title: "ID" },
    { title: "CREATED" },
    { title: "COLLECTIONS", align: "right" },
    { title: "DOCUMENTS", align: "right" },
    { title: "SIZE", align: "right" },
    { title: "STATE" },
  ] as const;
  const rows = listings.map(({ id, createdAt, damage, ...counts }) => [
    id,
    createdAt,
    damage === null ? formatCount(counts.collectionCount) : "-",
    damage === null ? formatCount(counts.documentCount) : "-",
    damage === null ? formatBytes(counts.totalBytes) : "-",
    damage === null ? "whole" : printable(damage),
  ]);
  terminal.print(renderTable(columns, rows, paintIf(terminal.outHasColors), tableWidth(terminal)));
}

const listingToJson = (listing: BackupListing) => ({
  backup_id: listing.id,
  created_at: listing.createdAt,
  collection_count: listing.collectionCount,
  document_count: listing.documentCount,
  total_bytes: listing.totalBytes,
  damage: listing.damage,
});

const removalToJson = (report: BackupRemovalReport) => ({
  removed_backups: report.removedBackups,
  kept_count: report.keptCount,
  content_count: report.contentCount,
  content_bytes: report.contentBytes,
});
