import type { RestoreOptions, SnapshotInfo } from "@akidb/base";
import { collectionToWire, snapshotToWire } from "@akidb/client";
import type { Command } from "commander";
import type { Cli } from "../cli.ts";
import { addDatabaseOptions, type ConnectionFlags } from "../target/connectionOptions.ts";
import { withTarget } from "../target/openTarget.ts";
import { formatBytes, formatCount } from "../terminal/formatNumber.ts";
import { paintIf } from "../terminal/paint.ts";
import { printable } from "../terminal/printable.ts";
import { renderTable, tableWidth } from "../terminal/table.ts";
import { examples } from "./examples.ts";
import { wholeNumber } from "./parseOption.ts";
import { printJson } from "./printJson.ts";
import { saveStream } from "./saveStream.ts";
import { waitForSnapshot } from "./waitForSnapshot.ts";

interface JsonFlag extends ConnectionFlags {
  readonly json?: true;
}

/** A collection may be large: neither end gives up on it while it is copied. */
const snapshotTimeoutMs = 24 * 60 * 60 * 1000;

export function registerSnapshots(program: Command, cli: Cli): void {
  const snapshots = program
    .command("snapshots")
    .summary("keep, list, restore and download snapshots of a collection")
    .description("Keep, list, restore, download and delete snapshots of a collection.")
    .addHelpText(
      "after",
      examples(
        "akidb snapshots create books",
        "akidb snapshots restore books 0198b2c4-… --into books-of-monday",
        "akidb snapshots restore books 0198b2c4-63f0-7c0e-b3a5-3c3f0a8e4f10 --until-time 2026-01-31T09:30:00Z",
      ),
    );
  registerCreate(snapshots, cli);
  registerList(snapshots, cli);
  registerRestore(snapshots, cli);
  registerDownload(snapshots, cli);
  registerDelete(snapshots, cli);
}

function registerCreate(snapshots: Command, cli: Cli): void {
  const command = snapshots
    .command("create")
    .description("Keep a collection as it is now, while writes go on.")
    .argument("<COLLECTION>", "name or id");
  addDatabaseOptions(command)
    .option("--upload", "send it to the object store, too, whatever the collection's sync policy says")
    .option("--json", "print it as JSON")
    .addHelpText("after", examples("akidb snapshots create books", "akidb snapshots create books --upload"))
    .action(async (nameOrId: string, flags: JsonFlag & { readonly upload?: true }) => {
      const info = await withTarget(cli, { flags, mayCreate: false }, async (db) => {
        const collection = db.collection(nameOrId);
        const begun = await collection.createSnapshot({
          wait: false,
          upload: flags.upload === true,
        });
        return await waitForSnapshot(cli, collection, begun);
      });
      if (flags.json) return printJson(cli, snapshotToWire(info));
      cli.terminal.print(
        `created snapshot ${info.id}: ${formatCount(info.documentCount ?? 0)} documents, ${formatBytes(info.sizeBytes ?? 0)}\n`,
      );
    });
}

function registerList(snapshots: Command, cli: Cli): void {
  const command = snapshots
    .command("list")
    .description("List the snapshots of a collection, oldest first.")
    .argument("<COLLECTION>", "name or id");
  addDatabaseOptions(command)
    .option("--json", "print them as a JSON array")
    .addHelpText("after", examples("akidb snapshots list books"))
    .action(async (nameOrId: string, flags: JsonFlag) => {
      const { items, objectStoreProblem } = await withTarget(cli, { flags, mayCreate: false }, (db) =>
        db.collection(nameOrId).listSnapshots(),
      );
      if (objectStoreProblem !== null) {
        const reason = printable(objectStoreProblem);
        cli.terminal.note(`only those on this machine, for the object store cannot be asked: ${reason}\n`);
      }
      if (flags.json) return printJson(cli, items.map(snapshotToWire));
      if (items.length > 0) return printSnapshots(cli, items);
      if (objectStoreProblem === null) cli.terminal.note("no snapshots yet\n");
    });
}

const restoreHelp = `
A Parquet file, be it a downloaded snapshot or one of DuckDB, pandas or Arrow, is
no snapshot; akidb import makes a collection of it.`;

function registerRestore(snapshots: Command, cli: Cli): void {
  const command = snapshots
    .command("restore")
    .description(
      "Make a collection what it was when the snapshot was made, or a new collection of the snapshot.",
    )
    .argument("<COLLECTION>", "name or id")
    .argument("<SNAPSHOT>", "id");
  addDatabaseOptions(command)
    .option("--into <NAME>", "a new collection (default: the collection itself, which loses what came since)")
    .option(
      "--until-lsn <N>",
      "with what came behind the snapshot, up to this LSN",
      wholeNumber("--until-lsn", 0, Number.MAX_SAFE_INTEGER),
    )
    .option(
      "--until-time <TIME>",
      "with what came behind the snapshot, up to this time (ISO 8601 with its zone)",
    )
    .option("--json", "print the collection as JSON")
    .addHelpText("after", restoreHelp)
    .addHelpText(
      "after",
      examples(
        "akidb snapshots restore books 0198b2c4-63f0-7c0e-b3a5-3c3f0a8e4f10",
        "akidb snapshots restore books 0198b2c4-63f0-7c0e-b3a5-3c3f0a8e4f10 --into books-of-monday",
      ),
    )
    .action(async (nameOrId: string, snapshot: string, flags: JsonFlag & RestoreOptions) => {
      const { into, untilLsn, untilTime } = flags;
      const info = await withTarget(cli, { flags, mayCreate: false }, (db) =>
        db.collection(nameOrId).restoreSnapshot(snapshot, {
          timeoutMs: snapshotTimeoutMs,
          ...(into !== undefined && { into }),
          ...(untilLsn !== undefined && { untilLsn }),
          ...(untilTime !== undefined && { untilTime }),
        }),
      );
      if (flags.json) return printJson(cli, collectionToWire(info));
      cli.terminal.print(`restored collection ${info.name}: ${formatCount(info.documentCount)} documents\n`);
    });
}

function registerDownload(snapshots: Command, cli: Cli): void {
  const command = snapshots
    .command("download")
    .description("Write a snapshot's documents to a Parquet file.")
    .argument("<COLLECTION>", "name or id")
    .argument("<SNAPSHOT>", "id");
  addDatabaseOptions(command)
    .option("--output <FILE>", "where to (default: the snapshot's id with .parquet)")
    .addHelpText(
      "after",
      examples("akidb snapshots download books 0198b2c4-63f0-7c0e-b3a5-3c3f0a8e4f10 --output books.parquet"),
    )
    .action(
      async (nameOrId: string, snapshot: string, flags: ConnectionFlags & { readonly output?: string }) => {
        const path = flags.output ?? `${snapshot}.parquet`;
        await withTarget(cli, { flags, mayCreate: false }, async (db) => {
          const { body, sizeBytes } = await db.collection(nameOrId).downloadSnapshot(snapshot);
          await saveStream(cli, { path, body, sizeBytes });
          cli.terminal.print(`wrote ${formatBytes(sizeBytes)} to ${printable(path)}\n`);
        });
      },
    );
}

function registerDelete(snapshots: Command, cli: Cli): void {
  const command = snapshots
    .command("delete")
    .description("Delete a snapshot.")
    .argument("<COLLECTION>", "name or id")
    .argument("<SNAPSHOT>", "id");
  addDatabaseOptions(command)
    .option("--json", "print the id of what was deleted as JSON")
    .addHelpText("after", examples("akidb snapshots delete books 0198b2c4-63f0-7c0e-b3a5-3c3f0a8e4f10"))
    .action(async (nameOrId: string, snapshot: string, flags: JsonFlag) => {
      await withTarget(cli, { flags, mayCreate: false }, (db) =>
        db.collection(nameOrId).deleteSnapshot(snapshot),
      );
      if (flags.json) return printJson(cli, { snapshot_id: snapshot });
      cli.terminal.print(`deleted snapshot ${printable(snapshot)}\n`);
    });
}

function printSnapshots({ terminal }: Cli, infos: readonly SnapshotInfo[]): void {
  const paint = paintIf(terminal.outHasColors);
  const columns = [
    { title: "ID" },
    { title: "CREATED" },
    { title: "DOCUMENTS", align: "right" },
    { title: "SIZE", align: "right" },
    { title: "ORIGIN" },
    { title: "LOCATION" },
    { title: "STATE" },
  ] as const;
  const rows = infos.map((info) => [
    info.id,
    info.createdAt,
    info.documentCount === null ? "-" : formatCount(info.documentCount),
    info.sizeBytes === null ? "-" : formatBytes(info.sizeBytes),
    info.origin ?? "-",
    info.location.replaceAll("_", " "),
    stateOf(info),
  ]);
  terminal.print(renderTable(columns, rows, paint, tableWidth(terminal)));
}

function stateOf({ state, stateReason, progress }: SnapshotInfo): string {
  if (state === "creating") return `creating, ${Math.round(100 * (progress ?? 0))} %`;
  return stateReason === null ? state : `${state}: ${printable(stateReason)}`;
}
