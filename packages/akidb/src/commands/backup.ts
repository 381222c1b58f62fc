import { type BackupReport, UuidV7Generator } from "@akidb/base";
import { backupReportToWire } from "@akidb/client";
import { type Config, loadConfig } from "@akidb/server/config";
import type { Command } from "commander";
import type { Cli } from "../cli.ts";
import { type BackupFlags, backUpTarget, requirePlace } from "../target/backupTarget.ts";
import { addConnectionOptions } from "../target/connectionOptions.ts";
import { withBackupStore } from "../target/withBackupStore.ts";
import { formatBytes, formatCount } from "../terminal/formatNumber.ts";
import { printable } from "../terminal/printable.ts";
import { examples } from "./examples.ts";
import { printJson } from "./printJson.ts";

interface RestoreFlags {
  readonly from?: string;
  readonly dataDir: string;
  readonly backup?: string;
  readonly json?: true;
}

export function registerBackup(program: Command, cli: Cli): void {
  const command = program
    .command("backup")
    .summary("copy a data directory to a folder or a bucket")
    .description(
      "Copy a data directory to a folder or a bucket of S3, through its server if one runs, which goes on serving. What " +
        "earlier backups there have is not sent again. Endpoint and credentials of S3 are those of the object store's " +
        "configuration.",
    );
  addConnectionOptions(command)
    .option("--to <PLACE>", "a folder, or s3://bucket/prefix (default: backup.to of the configuration)")
    .option("--json", "print the report as JSON")
    .addHelpText(
      "after",
      examples(
        "akidb backup --to /mnt/backups             # of ./akidb-data, through its server if one runs",
        "akidb backup --data-dir /srv/akidb --to s3://vault/akidb",
        "akidb backup --url http://127.0.0.1:8080   # to where that server's configuration says",
      ),
    )
    .action(async (flags: BackupFlags & { readonly json?: true }) => {
      const bar = startBytesBar(cli, "backup");
      const report = await backUpTarget(cli, flags, ({ progress, collection, copiedBytes }) =>
        bar.update(progress, collection ?? "", copiedBytes),
      ).finally(() => bar.stop());
      if (flags.json) return printJson(cli, backupReportToWire(report));
      cli.terminal.print(
        `backup ${report.id}: ${describe(report)}, ${formatBytes(report.sentBytes)} of them sent\n`,
      );
    });
}

export function registerRestore(program: Command, cli: Cli): void {
  program
    .command("restore")
    .summary("make a data directory of a backup")
    .description("Make a new data directory of a backup; every byte is verified.")
    .option(
      "--from <PLACE>",
      "where the backup is: a folder, or s3://bucket/prefix (default: backup.to of the configuration)",
    )
    .requiredOption("--data-dir <DIR>", "the directory to be, which must not exist or be empty")
    .option("--backup <ID>", "which one (default: the newest)")
    .option("--json", "print the report as JSON")
    .addHelpText("after", examples("akidb restore --from s3://vault/akidb --data-dir /srv/akidb"))
    .action(async (flags: RestoreFlags) => {
      const config = configOf(cli, flags.dataDir);
      const place = requirePlace("--from", flags.from ?? config.backup.to);
      const bar = cli.terminal.startBar({ title: "restore", total: 100 });
      const { restoreBackup } = await import("@akidb/database");
      const report = await withBackupStore(cli, { place, config }, (store) =>
        restoreBackup({
          store,
          directory: config.data.dir,
          clock: cli.clock,
          ids: new UuidV7Generator(cli.clock, cli.random),
          ...(flags.backup !== undefined && { id: flags.backup }),
          onProgress: (progress, collection) => bar?.update(100 * progress, printable(collection)),
        }),
      ).finally(() => bar?.stop());
      if (flags.json) {
        const { sent_bytes: _, ...restored } = backupReportToWire({ ...report, sentBytes: 0 });
        return printJson(cli, restored);
      }
      cli.terminal.print(
        `restored backup ${report.id} of ${report.createdAt} into ${printable(flags.dataDir)}: ${describe(report)}\n`,
      );
    });
}

const configOf = (cli: Cli, dataDir: string | undefined): Config =>
  loadConfig({
    flags: { "--data-dir": dataDir },
    environment: cli.environment,
    readFile: cli.files.readText,
    isTerminal: cli.terminal.outIsTerminal,
  });

function startBytesBar({ terminal, clock }: Cli, title: string) {
  const bar = terminal.startBar({ title, total: 100 });
  const startMs = clock.monotonicMs();
  return {
    update: (progress: number, name: string, bytes: number): void => {
      const seconds = (clock.monotonicMs() - startMs) / 1000;
      const rate = seconds > 0 ? bytes / seconds : 0;
      bar?.update(100 * progress, `${printable(name)} ${formatBytes(bytes)}, ${formatBytes(rate)}/s`);
    },
    stop: (): void => bar?.stop(),
  };
}

const describe = ({
  collectionCount,
  documentCount,
  totalBytes,
}: Pick<BackupReport, "collectionCount" | "documentCount" | "totalBytes">): string =>
  `${formatCount(collectionCount)} collections, ${formatCount(documentCount)} documents, ${formatBytes(totalBytes)}`;
