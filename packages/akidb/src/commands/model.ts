import type { Command } from "commander";
import type { Cli } from "../cli.ts";
import { examples } from "./examples.ts";
import { registerModelPull } from "./modelPull.ts";

export function registerModel(program: Command, cli: Cli): void {
  const model = program
    .command("model")
    .summary("fetch embedding models")
    .description("Fetch embedding models.")
    .addHelpText("after", examples("akidb model pull BAAI/bge-small-en-v1.5"));
  registerModelPull(model, cli);
}
