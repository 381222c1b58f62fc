import { modelToWire } from "@akidb/client";
import type { Command } from "commander";
import type { Cli } from "../cli.ts";
import { addConnectionOptions, type ConnectionFlags } from "../target/connectionOptions.ts";
import { withTarget } from "../target/openTarget.ts";
import { formatCount } from "../terminal/formatNumber.ts";
import { printable } from "../terminal/printable.ts";
import { examples } from "./examples.ts";
import { printJson } from "./printJson.ts";

interface SwitchFlags extends ConnectionFlags {
  readonly json?: true;
}

export function registerModelSwitch(model: Command, cli: Cli): void {
  const command = model
    .command("switch")
    .summary("choose the model of new collections")
    .description(
      "Make one of the server's models, that of [embedding] or of [embedding.next], the one that embeds for new collections and for " +
        "requests that name none, once it is loaded and has embedded a text. Other collections stay with their model.",
    )
    .argument("<MODEL>", "its name or id");
  addConnectionOptions(command)
    .option("--json", "print the model as JSON")
    .addHelpText("after", examples("akidb model switch BAAI/bge-m3"))
    .action(async (nameOrId: string, { json, ...flags }: SwitchFlags) => {
      const info = await withTarget(cli, { flags, mayCreate: false }, (db) => db.models.switchTo(nameOrId));
      if (json) return printJson(cli, modelToWire(info));
      const { name, dimension } = info;
      cli.terminal.print(
        `${printable(name)} (${formatCount(dimension)} dimensions) embeds for new collections now\n`,
      );
    });
}
