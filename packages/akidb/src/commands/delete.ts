import type { Command } from "commander";
import type { Cli } from "../cli.ts";
import { addConnectionOptions, type ConnectionFlags } from "../target/connectionOptions.ts";
import { withTarget } from "../target/openTarget.ts";
import { printable } from "../terminal/printable.ts";
import { examples } from "./examples.ts";

export function registerDelete(program: Command, cli: Cli): void {
  const command = program
    .command("delete")
    .summary("delete a document")
    .description("Delete a document.")
    .argument("<COLLECTION>", "name or id")
    .argument("<ID>", "the document's id or external id");
  addConnectionOptions(command)
    .addHelpText("after", examples("akidb delete books isbn-0262033844"))
    .action(async (nameOrId: string, id: string, flags: ConnectionFlags) => {
      await withTarget(cli, { flags, mayCreate: false }, (db) => db.collection(nameOrId).delete(id));
      cli.terminal.print(`deleted ${printable(id)}\n`);
    });
}
