import type { Command } from "commander";
import type { Cli } from "../cli.ts";
import { type ModelTrial, tryModel } from "../models/tryModel.ts";
import { addConnectionOptions, type ConnectionFlags } from "../target/connectionOptions.ts";
import { withTarget } from "../target/openTarget.ts";
import { formatCount } from "../terminal/formatNumber.ts";
import { paintIf } from "../terminal/paint.ts";
import { printable } from "../terminal/printable.ts";
import { renderTable, tableWidth } from "../terminal/table.ts";
import { examples } from "./examples.ts";
import { printFields } from "./printFields.ts";
import { printJson } from "./printJson.ts";

interface TestFlags extends ConnectionFlags {
  readonly json?: true;
}

export function registerModelTest(model: Command, cli: Cli): void {
  const command = model
    .command("test")
    .description(
      "Embed some texts: prints the model's dimension, how fast it is, and which of the sample sentences it takes to be nearest " +
        "to each other. Half of them say the same in other words, half share words and say something else.",
    )
    .argument("[NAME]", "of the model (default: the server's)");
  addConnectionOptions(command)
    .option("--json", "print it as JSON")
    .addHelpText("after", examples("akidb model test", "akidb model test hashing --json"))
    .action(async (name: string | undefined, { json, ...flags }: TestFlags) => {
      const trial = await withTarget(cli, { flags, mayCreate: false }, (db) => tryModel(db, name, cli.clock));
      if (json) return printJson(cli, trialToWire(trial));
      printTrial(cli, trial);
    });
}

const trialToWire = ({ model, dimension, queryMs, textsPerSecond, pairs }: ModelTrial) => ({
  model,
  dimension,
  query_ms: queryMs,
  texts_per_second: textsPerSecond,
  pairs,
});

function printTrial(cli: Cli, { model, dimension, queryMs, textsPerSecond, pairs }: ModelTrial): void {
  printFields(cli, [
    ["model", printable(model)],
    ["dimension", formatCount(dimension)],
    ["one text", `${queryMs.toFixed(1)} ms`],
    ["many texts", `${formatCount(Math.round(textsPerSecond))}/s`],
  ]);
  const { terminal } = cli;
  const columns = [
    { title: "COSINE", align: "right" },
    { title: "NEAREST SENTENCES" },
    { title: "" },
  ] as const;
  const rows = pairs.map(({ first, second, cosine }) => [cosine.toFixed(3), first, second]);
  terminal.print(`\n${renderTable(columns, rows, paintIf(terminal.outHasColors), tableWidth(terminal))}`);
}
