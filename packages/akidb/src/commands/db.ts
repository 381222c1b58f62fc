import { invalidArgument } from "@akidb/base";
import type { MigrationStatus } from "@akidb/database";
import type { Command } from "commander";
import type { Cli } from "../cli.ts";
import { partialExitCode } from "../exitCodes.ts";
import {
  addDataDirectoryOption,
  type DataDirectoryFlag,
  dataDirectoryOf,
} from "../target/dataDirectoryOption.ts";
import { paintIf } from "../terminal/paint.ts";
import { renderTable, tableWidth } from "../terminal/table.ts";
import { examples } from "./examples.ts";
import { printJson } from "./printJson.ts";

interface DbFlags extends DataDirectoryFlag {
  readonly json?: true;
}

export function registerDb(program: Command, cli: Cli): void {
  const db = program
    .command("db")
    .summary("show, migrate or revert the schema of the catalog")
    .description(
      "Show, migrate or revert the schema of catalog.db. A server migrates it by itself when it starts; before any " +
        "change a copy is kept beside it, as catalog.db.v1-2026-01-31T09-30-00.000Z.",
    )
    .addHelpText("after", examples("akidb db status", "akidb db migrate --data-dir /srv/akidb"));
  registerStatus(db, cli);
  registerMigrate(db, cli);
  registerRevert(db, cli);
}

function registerStatus(db: Command, cli: Cli): void {
  addDataDirectoryOption(db.command("status").description("Show which migrations the catalog has."))
    .option("--json", "print them as a JSON array")
    .addHelpText("after", examples("akidb db status", "akidb db status --json"))
    .action(async (flags: DbFlags) => {
      const { readCatalogSchema } = await import("@akidb/database");
      const migrations = await readCatalogSchema(fileOf(cli, flags));
      if (flags.json) return printJson(cli, migrations);
      const columns = [
        { title: "VERSION", align: "right" },
        { title: "NAME" },
        { title: "APPLIED" },
      ] as const;
      const rows = migrations.map(({ version, name, applied }) => [
        String(version),
        name,
        applied ? "yes" : "no",
      ]);
      cli.terminal.print(
        renderTable(columns, rows, paintIf(cli.terminal.outHasColors), tableWidth(cli.terminal)),
      );
    });
}

function registerMigrate(db: Command, cli: Cli): void {
  addDataDirectoryOption(
    db
      .command("migrate")
      .description("Bring the catalog of a data directory that no server has open up to date."),
  )
    .option("--json", "print what was applied as a JSON array")
    .addHelpText("after", examples("akidb db migrate --data-dir /srv/akidb"))
    .action(async (flags: DbFlags) => {
      const { migrateCatalog } = await import("@akidb/database");
      const applied = await migrateCatalog({ ...fileOf(cli, flags), command: "akidb db migrate" });
      if (flags.json) return printJson(cli, applied);
      for (const migration of applied) cli.terminal.print(`applied migration ${describe(migration)}\n`);
      if (applied.length === 0) cli.terminal.print("the catalog is up to date\n");
    });
}

function registerRevert(db: Command, cli: Cli): void {
  addDataDirectoryOption(
    db
      .command("revert")
      .summary("undo the newest migration")
      .description(
        "Undo the newest migration of a data directory that no server has open, for an older version of AkiDB to use " +
          "it. What only this migration has a place for is lost, but for the copy; a start of this version migrates again.",
      ),
  )
    .option("--yes", "do not ask")
    .option("--json", "print what was reverted as JSON, or null")
    .addHelpText("after", examples("akidb db revert --data-dir /srv/akidb --yes"))
    .action(async (flags: DbFlags & { readonly yes?: true }) => {
      if (!flags.yes && !(await confirm(cli))) {
        cli.terminal.note("nothing was reverted\n");
        return cli.exitWith(partialExitCode);
      }
      const { revertCatalog } = await import("@akidb/database");
      const reverted = await revertCatalog({ ...fileOf(cli, flags), command: "akidb db revert" });
      if (flags.json) return printJson(cli, reverted ?? null);
      const text =
        reverted === undefined
          ? "there is no migration to revert"
          : `reverted migration ${describe(reverted)}`;
      cli.terminal.print(`${text}\n`);
    });
}

async function confirm({ terminal }: Cli): Promise<boolean> {
  if (!terminal.inIsTerminal) {
    throw invalidArgument("--yes", "must be given to revert a migration where nobody can be asked");
  }
  const answer = await terminal.ask("Revert the newest migration, with what only it has a place for? [y/N] ");
  return /^y(es)?$/i.test(answer?.trim() ?? "");
}

const fileOf = (cli: Cli, flags: DbFlags) => ({
  directory: dataDirectoryOf(cli, flags),
  clock: cli.clock,
  random: cli.random,
});

const describe = ({ version, name }: MigrationStatus): string => `${version} (${name})`;
