import type { DatabaseInfo } from "@akidb/base";
import { databaseToWire } from "@akidb/client";
import type { Command } from "commander";
import type { Cli } from "../cli.ts";
import { partialExitCode } from "../exitCodes.ts";
import { addConnectionOptions, type ConnectionFlags } from "../target/connectionOptions.ts";
import { withTarget } from "../target/openTarget.ts";
import { paintIf } from "../terminal/paint.ts";
import { printable } from "../terminal/printable.ts";
import { renderTable, tableWidth } from "../terminal/table.ts";
import { allPages } from "./allPages.ts";
import { confirmDeletion } from "./confirmDeletion.ts";
import { examples } from "./examples.ts";
import { printFields } from "./printFields.ts";
import { printJson } from "./printJson.ts";
import { waitForJob } from "./waitForJob.ts";

/** Where the databases are; none of them is chosen. */
interface Flags extends Omit<ConnectionFlags, "database"> {
  readonly json?: true;
}

interface ChangeFlags extends Flags {
  readonly description?: string;
}

export function registerDatabases(program: Command, cli: Cli): void {
  const databases = program
    .command("databases")
    .summary("list, create, show, change and delete databases")
    .description("List, create, show, change and delete the databases of your tenant.")
    .addHelpText(
      "after",
      examples("akidb databases create staging", "akidb collections list --database staging"),
    );
  registerList(databases, cli);
  registerCreate(databases, cli);
  registerGet(databases, cli);
  registerUpdate(databases, cli);
  registerDelete(databases, cli);
}

function registerList(databases: Command, cli: Cli): void {
  const command = databases.command("list").description("List all databases, in order of creation.");
  addConnectionOptions(command)
    .option("--json", "print them as a JSON array")
    .addHelpText("after", examples("akidb databases list --json | jq -r '.[].name'"))
    .action(async (flags: Flags) => {
      const infos = await withTarget(cli, { flags, mayCreate: false }, (db) =>
        allPages((page) => db.databases.list(page)),
      );
      if (flags.json) return printJson(cli, infos.map(databaseToWire));
      const columns = [{ title: "NAME" }, { title: "STATE" }, { title: "CREATED" }, { title: "DESCRIPTION" }];
      const rows = infos.map(({ name, state, createdAt, description }) => [
        name,
        state,
        createdAt,
        printable(description ?? ""),
      ]);
      cli.terminal.print(
        renderTable(columns, rows, paintIf(cli.terminal.outHasColors), tableWidth(cli.terminal)),
      );
    });
}

function registerCreate(databases: Command, cli: Cli): void {
  const command = databases
    .command("create")
    .description("Create a database.")
    .argument("<NAME>", "letters, digits, _, - and .");
  addConnectionOptions(command)
    .option("--description <TEXT>", "what it is for")
    .option("--json", "print it as JSON")
    .addHelpText("after", examples('akidb databases create staging --description "What is to be released."'))
    .action(async (name: string, flags: ChangeFlags) => {
      const { description } = flags;
      const info = await withTarget(cli, { flags, mayCreate: true }, (db) =>
        db.databases.create({ name, ...(description !== undefined && { description }) }),
      );
      if (flags.json) return printJson(cli, databaseToWire(info));
      cli.terminal.print(`created database ${info.name}\n`);
    });
}

function registerGet(databases: Command, cli: Cli): void {
  const command = databases
    .command("get")
    .description("Show a database.")
    .argument("<DATABASE>", "name or id");
  addConnectionOptions(command)
    .option("--json", "print it as JSON")
    .addHelpText("after", examples("akidb databases get staging"))
    .action(async (nameOrId: string, flags: Flags) => {
      const info = await withTarget(cli, { flags, mayCreate: false }, (db) => db.databases.get(nameOrId));
      printDatabase(cli, info, flags);
    });
}

function registerUpdate(databases: Command, cli: Cli): void {
  const command = databases
    .command("update")
    .description("Change the name or the description of a database.")
    .argument("<DATABASE>", "name or id");
  addConnectionOptions(command)
    .option("--name <NAME>", "its new name")
    .option("--description <TEXT>", "what it is for; empty for none")
    .option("--json", "print it as JSON")
    .addHelpText("after", examples("akidb databases update staging --name canary"))
    .action(async (nameOrId: string, flags: ChangeFlags & { readonly name?: string }) => {
      const { name, description } = flags;
      const changes = {
        ...(name !== undefined && { name }),
        ...(description !== undefined && { description: description || null }),
      };
      const info = await withTarget(cli, { flags, mayCreate: false }, (db) =>
        db.databases.update(nameOrId, changes),
      );
      printDatabase(cli, info, flags);
    });
}

function registerDelete(databases: Command, cli: Cli): void {
  const command = databases
    .command("delete")
    .description("Delete a database with all of its collections, and wait until nothing is left of them.")
    .argument("<DATABASE>", "name or id");
  addConnectionOptions(command)
    .option("--yes", "do not ask")
    .option("--json", "print what was deleted as JSON")
    .addHelpText("after", examples("akidb databases delete staging"))
    .action(async (nameOrId: string, flags: Flags & { readonly yes?: true }) => {
      await withTarget(cli, { flags, mayCreate: false }, async (db) => {
        const info = await db.databases.get(nameOrId);
        const { name } = info;
        if (!flags.yes && !(await confirmDeletion(cli, `database ${name} with all of its collections`))) {
          cli.terminal.note("nothing was deleted\n");
          return cli.exitWith(partialExitCode);
        }
        await waitForJob(cli, db, await db.databases.delete(nameOrId), `database ${name}`);
        if (flags.json) return printJson(cli, databaseToWire(info));
        cli.terminal.print(`deleted database ${name}\n`);
      });
    });
}

function printDatabase(cli: Cli, info: DatabaseInfo, { json }: Flags): void {
  if (json) {
    printJson(cli, databaseToWire(info));
    return;
  }
  printFields(cli, [
    ["name", info.name],
    ["id", info.id],
    ["description", printable(info.description ?? "")],
    ["state", info.state],
    ["created", info.createdAt],
    ["updated", info.updatedAt],
  ]);
}
