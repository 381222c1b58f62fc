import type { JsonObject } from "@akidb/base";
import type { Command } from "commander";
import type { Cli } from "../cli.ts";
import { addDatabaseOptions, type ConnectionFlags } from "../target/connectionOptions.ts";
import { withTarget } from "../target/openTarget.ts";
import { examples } from "./examples.ts";
import { filterHelp, parseFilterOption } from "./filterOption.ts";
import { printJson } from "./printJson.ts";

interface CountFlags extends ConnectionFlags {
  readonly filter?: JsonObject;
  readonly json?: true;
}

export function registerCount(program: Command, cli: Cli): void {
  const command = program
    .command("count")
    .summary("count documents")
    .description("Count the documents of a collection, exactly.")
    .argument("<COLLECTION>", "name or id");
  addDatabaseOptions(command)
    .option("--filter <JSON>", filterHelp, parseFilterOption)
    .option("--json", "print it as JSON, as the REST API has it")
    .addHelpText(
      "after",
      examples("akidb count books", `akidb count books --filter '{"year": {"$gte": 1990}}'`),
    )
    .action(async (nameOrId: string, { filter, json, ...flags }: CountFlags) => {
      const count = await withTarget(cli, { flags, mayCreate: false }, (db) =>
        db.collection(nameOrId).count(filter === undefined ? {} : { filter }),
      );
      if (json) return printJson(cli, { count });
      cli.terminal.print(`${count}\n`);
    });
}
