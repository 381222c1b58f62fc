import type { ModelInfo } from "@akidb/base";
import { modelToWire } from "@akidb/client";
import type { Command } from "commander";
import type { Cli } from "../cli.ts";
import { addConnectionOptions, type ConnectionFlags } from "../target/connectionOptions.ts";
import { withTarget } from "../target/openTarget.ts";
import { formatCount } from "../terminal/formatNumber.ts";
import { paintIf } from "../terminal/paint.ts";
import { printable } from "../terminal/printable.ts";
import { renderTable, tableWidth } from "../terminal/table.ts";
import { examples } from "./examples.ts";
import { printJson } from "./printJson.ts";

interface ListFlags extends ConnectionFlags {
  readonly json?: true;
}

export function registerModelList(model: Command, cli: Cli): void {
  const command = model
    .command("list")
    .description(
      "List the embedding models of the server, and those that collections are pinned to, with how many collections each has.",
    );
  addConnectionOptions(command)
    .option("--json", "print them as a JSON array")
    .addHelpText("after", examples("akidb model list", "akidb model list --json | jq -r '.[].fingerprint'"))
    .action(async ({ json, ...flags }: ListFlags) => {
      const models = await withTarget(cli, { flags, mayCreate: false }, (db) => db.models.list());
      if (json) return printJson(cli, models.map(modelToWire));
      printModels(cli, models);
    });
}

const stateStyles = { ready: "green", unloaded: "dim", unavailable: "red", absent: "yellow" } as const;

function printModels({ terminal }: Cli, models: readonly ModelInfo[]): void {
  const paint = paintIf(terminal.outHasColors);
  const columns = [
    { title: "MODEL" },
    { title: "PROVIDER" },
    { title: "DIMENSION", align: "right" },
    { title: "TOKENS", align: "right" },
    { title: "COLLECTIONS", align: "right" },
    { title: "STATE" },
    { title: "FINGERPRINT" },
  ] as const;
  const rows = models.map((model) => [
    printable(model.isDefault ? `${model.name} (default)` : model.name),
    model.provider,
    formatCount(model.dimension),
    model.maxTokens === null ? "" : formatCount(model.maxTokens),
    formatCount(model.collectionCount),
    paint(stateStyles[model.state], model.state),
    printable(model.fingerprint),
  ]);
  terminal.print(renderTable(columns, rows, paint, tableWidth(terminal)));
}
