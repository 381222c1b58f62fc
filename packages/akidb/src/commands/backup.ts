import { AkiDbError, UuidV7Generator } from "@akidb/base";
import { type BackupReport, backUp, openBackupStore, restoreBackup } from "@akidb/database";
import { type Config, databaseOptions, loadConfig } from "@akidb/server";
import type { Command } from "commander";
import type { Cli } from "../cli.ts";
import { formatBytes, formatCount } from "../terminal/formatNumber.ts";
import { printable } from "../terminal/printable.ts";
import { examples } from "./examples.ts";
import { printJson } from "./printJson.ts";

interface BackupFlags {
  readonly to: string;
  readonly dataDir?: string;
  readonly json?: true;
}

interface RestoreFlags {
  readonly from: string;
  readonly dataDir: string;
  readonly backup?: string;
  readonly json?: true;
}

export function registerBackup(program: Command, cli: Cli): void {
  program
    .command("backup")
    .summary("copy a data directory to a folder or a bucket")
    .description(
      "Copy a data directory that no server has open to a folder or a bucket of S3. What earlier backups there have is " +
        "not sent again. Endpoint and credentials of S3 are those of the object store's configuration.",
    )
    .requiredOption("--to <PLACE>", "a folder, or s3://bucket/prefix")
    .option("--data-dir <DIR>", "the data directory (default: that of the configuration)")
    .option("--json", "print the report as JSON")
    .addHelpText(
      "after",
      examples("akidb backup --to /mnt/backups", "akidb backup --data-dir /srv/akidb --to s3://vault/akidb"),
    )
    .action(async (flags: BackupFlags) => {
      const config = configOf(cli, flags.dataDir);
      const directory = config.data.dir;
      if (!cli.files.exists(directory)) {
        throw new AkiDbError("not_found", `data directory ${JSON.stringify(directory)} does not exist`);
      }
      const report = await withStore(cli, { place: flags.to, config }, (store) =>
        withBar(cli, "backup", (onProgress) =>
          backUp(
            {
              ...databaseOptions(config),
              directory,
              command: "akidb backup",
              clock: cli.clock,
              random: cli.random,
            },
            { store, onProgress },
          ),
        ),
      );
      if (flags.json) return printJson(cli, { ...reportToJson(report), sent_bytes: report.sentBytes });
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
    .requiredOption("--from <PLACE>", "where the backup is: a folder, or s3://bucket/prefix")
    .requiredOption("--data-dir <DIR>", "the directory to be, which must not exist or be empty")
    .option("--backup <ID>", "which one (default: the newest)")
    .option("--json", "print the report as JSON")
    .addHelpText("after", examples("akidb restore --from s3://vault/akidb --data-dir /srv/akidb"))
    .action(async (flags: RestoreFlags) => {
      const config = configOf(cli, flags.dataDir);
      const report = await withStore(cli, { place: flags.from, config }, (store) =>
        withBar(cli, "restore", (onProgress) =>
          restoreBackup({
            store,
            directory: config.data.dir,
            clock: cli.clock,
            ids: new UuidV7Generator(cli.clock, cli.random),
            ...(flags.backup !== undefined && { id: flags.backup }),
            onProgress,
          }),
        ),
      );
      if (flags.json) return printJson(cli, reportToJson(report));
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

type BackupStore = ReturnType<typeof openBackupStore>;

async function withStore<Result>(
  { clock, random }: Cli,
  { place, config }: { readonly place: string; readonly config: Config },
  work: (store: BackupStore) => Promise<Result>,
): Promise<Result> {
  const store = openBackupStore({ place, objectStore: config.objectStore, clock, random });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

async function withBar<Result>(
  { terminal }: Cli,
  title: string,
  work: (onProgress: (progress: number, collection: string) => void) => Promise<Result>,
): Promise<Result> {
  const bar = terminal.startBar({ title, total: 100 });
  try {
    return await work((progress, collection) => bar?.update(100 * progress, printable(collection)));
  } finally {
    bar?.stop();
  }
}

type Summary = Omit<BackupReport, "sentBytes">;

const describe = ({ collectionCount, documentCount, totalBytes }: Summary): string =>
  `${formatCount(collectionCount)} collections, ${formatCount(documentCount)} documents, ${formatBytes(totalBytes)}`;

const reportToJson = ({ id, createdAt, collectionCount, documentCount, totalBytes }: Summary) => ({
  backup_id: id,
  created_at: createdAt,
  collection_count: collectionCount,
  document_count: documentCount,
  total_bytes: totalBytes,
});
