import type { Command } from "commander";
import type { Cli } from "../cli.ts";
import { examples } from "./examples.ts";
import { registerModelList } from "./modelList.ts";
import { registerModelPull } from "./modelPull.ts";
import { registerModelRemove } from "./modelRemove.ts";
import { registerModelSwitch } from "./modelSwitch.ts";
import { registerModelTest } from "./modelTest.ts";

export function registerModel(program: Command, cli: Cli): void {
  const model = program
    .command("model")
    .summary("fetch, list, try, switch and remove embedding models")
    .description(
      "Fetch embedding models, list those that there are, try them, choose one for new collections, and remove them.",
    )
    .addHelpText(
      "after",
      examples("akidb model pull BAAI/bge-small-en-v1.5", "akidb model list", "akidb model test"),
    );
  registerModelList(model, cli);
  registerModelPull(model, cli);
  registerModelTest(model, cli);
  registerModelSwitch(model, cli);
  registerModelRemove(model, cli);
}
