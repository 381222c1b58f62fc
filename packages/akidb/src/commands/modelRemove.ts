import { failedPrecondition, invalidArgument, notFound } from "@akidb/base";
import { loadConfig } from "@akidb/server/config";
import type { Command } from "commander";
import { modelFolders } from "../adapters/modelFolders.ts";
import type { Cli } from "../cli.ts";
import { partialExitCode } from "../exitCodes.ts";
import { type ModelDirFlags, modelDirOf } from "../modelPull/modelDirOf.ts";
import { addDataDirectoryOption } from "../target/dataDirectoryOption.ts";
import { formatCount } from "../terminal/formatNumber.ts";
import { printable } from "../terminal/printable.ts";
import { confirmDeletion } from "./confirmDeletion.ts";
import { examples } from "./examples.ts";
import { printJson } from "./printJson.ts";

interface RemoveFlags extends ModelDirFlags {
  readonly yes?: true;
  readonly json?: true;
}

export function registerModelRemove(model: Command, cli: Cli): void {
  const command = model
    .command("rm")
    .summary("remove a model that was fetched")
    .description(
      "Remove the folder of a model that nothing uses: no collection of the data directory, and not the configuration.",
    )
    .argument("<MODEL>", "its owner and name, such as BAAI/bge-small-en-v1.5");
  addDataDirectoryOption(command)
    .option(
      "--model-dir <DIR>",
      "folder of models (default: embedding.model_dir, or models in the data directory)",
    )
    .option("--yes", "do not ask")
    .option("--json", "print what was removed as JSON")
    .addHelpText("after", examples("akidb model rm BAAI/bge-small-en-v1.5 --yes"))
    .action((id: string, flags: RemoveFlags) => remove(cli, id, flags));
}

async function remove(cli: Cli, id: string, flags: RemoveFlags): Promise<void> {
  const { isModelName } = await import("@akidb/database");
  if (!isModelName(id)) {
    throw invalidArgument(
      "<MODEL>",
      `${JSON.stringify(id)} is no model's name, such as BAAI/bge-small-en-v1.5`,
    );
  }
  const modelDir = await modelDirOf(cli, flags);
  const store = modelFolders(modelDir);
  if (!store.hasModel(id)) throw notFound(`model ${JSON.stringify(id)} in ${JSON.stringify(modelDir)}`);
  await requireUnused(cli, id, flags);
  const { terminal } = cli;
  const folder = store.pathOf(id);
  if (!flags.yes && !(await confirmDeletion(cli, `model ${id} in ${printable(folder)}`))) {
    terminal.note("nothing was deleted\n");
    return cli.exitWith(partialExitCode);
  }
  await store.remove(id);
  if (flags.json) return printJson(cli, { model: id, folder });
  terminal.print(`removed ${id} from ${printable(folder)}\n`);
}

const namesShownMax = 5;

/** @throws AkiDbError `failed_precondition` that says what uses it */
async function requireUnused(cli: Cli, id: string, { dataDir }: RemoveFlags): Promise<void> {
  const { embedding, embeddingNext, data } = loadConfig({
    flags: { "--data-dir": dataDir },
    environment: cli.environment,
    readFile: cli.files.readText,
    isTerminal: cli.terminal.outIsTerminal,
  });
  for (const [section, { provider, model }] of Object.entries({
    embedding,
    "embedding.next": embeddingNext,
  })) {
    if (provider !== "onnx" || model !== id) continue;
    throw failedPrecondition(
      `${id} is a model of the configuration (${section}.model); take it out there, or configure another one`,
    );
  }
  // A model can be fetched before there is any data.
  if (!cli.files.exists(data.dir)) return;
  const { collectionsOfModel, hasData } = await import("@akidb/database");
  if (!hasData(data.dir)) return;
  const { clock, random } = cli;
  const names = await collectionsOfModel({ directory: data.dir, clock, random }, id);
  if (names.length === 0) return;
  const more = names.length > namesShownMax ? `, and ${formatCount(names.length - namesShownMax)} more` : "";
  const shown = names.slice(0, namesShownMax).map((name) => JSON.stringify(name));
  throw failedPrecondition(
    `${id} embeds for collections, which take no texts without it: ${shown.join(", ")}${more}; delete them first`,
  );
}
