import { setTimeout as pause } from "node:timers/promises";
import { AkiDbError, alreadyExists, failedPrecondition, invalidArgument } from "@akidb/base";
import type { Command } from "commander";
import { huggingFaceHub } from "../adapters/huggingFaceHub.ts";
import { modelFolders } from "../adapters/modelFolders.ts";
import type { Cli } from "../cli.ts";
import { type ModelDirFlags, modelDirOf } from "../modelPull/modelDirOf.ts";
import type { HubFile, HubModel } from "../modelPull/modelHub.ts";
import { pullModel } from "../modelPull/pullModel.ts";
import { startPullProgress } from "../modelPull/pullProgress.ts";
import { addDataDirectoryOption } from "../target/dataDirectoryOption.ts";
import { formatBytes, formatCount } from "../terminal/formatNumber.ts";
import { printable } from "../terminal/printable.ts";
import { examples } from "./examples.ts";
import { printJson } from "./printJson.ts";

interface PullFlags extends ModelDirFlags {
  readonly endpoint?: string;
  readonly revision: string;
  readonly quantized?: true;
  readonly force?: true;
  readonly json?: true;
}

const defaultEndpoint = "https://huggingface.co";

export function registerModelPull(model: Command, cli: Cli): void {
  const command = model
    .command("pull")
    .summary("fetch a model of the Hugging Face hub")
    .description(
      "Fetch the files of a model that the provider onnx needs, verified by their checksums, from the Hugging Face hub.",
    )
    .argument("<MODEL>", "its owner and name, such as BAAI/bge-small-en-v1.5");
  addDataDirectoryOption(command)
    .option(
      "--model-dir <DIR>",
      "folder of models (default: embedding.model_dir, or models in the data directory)",
    )
    .option("--quantized", "weights of small integers: a quarter of the size, less exact")
    .option("--revision <NAME>", "branch, tag or commit", "main")
    .option("--force", "replace a model that is there already")
    .option("--endpoint <URL>", `hub to fetch from (HF_ENDPOINT; default: ${defaultEndpoint})`)
    .option("--json", "print what was fetched as JSON")
    .addHelpText("after", pullHelp)
    .addHelpText(
      "after",
      examples(
        "akidb model pull BAAI/bge-small-en-v1.5",
        "akidb model pull Xenova/multilingual-e5-small --quantized --model-dir /srv/models",
      ),
    )
    .action((id: string, flags: PullFlags) => pull(cli, id, flags));
}

const pullHelp = `
What is interrupted goes on where it was with the next pull; a model appears in
its folder when all of its files are there. HF_TOKEN is the key to models
that are private, or whose terms must be accepted.
`;

async function pull(cli: Cli, id: string, flags: PullFlags): Promise<void> {
  const { isModelName, modelFiles } = await import("@akidb/database");
  if (!isModelName(id)) {
    throw invalidArgument(
      "<MODEL>",
      `${JSON.stringify(id)} is no model's name, such as BAAI/bge-small-en-v1.5`,
    );
  }
  const hub = huggingFaceHub({
    endpoint: endpointOf(cli, flags),
    token: cli.environment["HF_TOKEN"] || undefined,
  });
  const modelDir = await modelDirOf(cli, flags);
  const store = modelFolders(modelDir);
  const path = store.pathOf(id);
  if (store.has(id) && flags.force !== true) {
    throw alreadyExists(`${JSON.stringify(path)} (--force replaces it)`);
  }
  const model = await hub.describe(id, flags.revision);
  const files = await filesOf(model, flags.quantized === true);
  const totalBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const { freeBytes } = await cli.machine.disk(modelDir);
  if (freeBytes < totalBytes) {
    const room = `${formatBytes(totalBytes)}, and there is room for ${formatBytes(freeBytes)}`;
    throw failedPrecondition(`the model takes ${room}`);
  }
  const { terminal, clock } = cli;
  const progress = startPullProgress({ terminal, clock, title: printable(id), totalBytes });
  try {
    await pullModel({ hub, store, model, files, onProgress: progress.update, pause });
  } finally {
    progress.stop();
  }
  if (!files.some((file) => file.path === modelFiles.pooling)) {
    terminal.note(
      `${id} has no ${modelFiles.pooling}, as many conversions; tokens are pooled by their mean. Where the original ` +
        "is pooled otherwise, put that file of it into the folder.\n",
    );
  }
  if (flags.json) {
    const names = files.map((file) => file.path);
    return printJson(cli, { model: id, commit: model.commit, folder: path, files: names, bytes: totalBytes });
  }
  terminal.print(
    `pulled ${id}: ${formatCount(files.length)} files, ${formatBytes(totalBytes)}, to ${printable(path)}\n` +
      `To use it, set embedding.provider = "onnx" and embedding.model = "${id}".\n`,
  );
}

function endpointOf({ environment }: Cli, flags: PullFlags): string {
  const endpoint = flags.endpoint ?? (environment["HF_ENDPOINT"] || defaultEndpoint);
  if (/^https?:$/.test(URL.parse(endpoint)?.protocol ?? "")) return endpoint;
  const name = flags.endpoint === undefined ? "HF_ENDPOINT" : "--endpoint";
  throw invalidArgument(
    name,
    `${JSON.stringify(endpoint)} is not a URL that begins with http:// or https://`,
  );
}

/** @throws AkiDbError `not_found` where it has no weights, or no tokenizer, that could be used */
async function filesOf({ id, files }: HubModel, isQuantized: boolean): Promise<readonly HubFile[]> {
  const { neededFiles, modelFiles } = await import("@akidb/database");
  const { weights, all } = neededFiles(
    files.map(({ path }) => path),
    isQuantized,
  );
  const lacking =
    weights === undefined ? `ONNX weights${isQuantized ? " that are quantized" : ""}` : undefined;
  const lack = lacking ?? (all.includes(modelFiles.tokenizer) ? undefined : modelFiles.tokenizer);
  if (lack === undefined) return files.filter(({ path }) => all.includes(path));
  const advice =
    "others have converted many models: look for its name with Xenova/ or onnx-community/ before it";
  throw new AkiDbError("not_found", `${id} has no ${lack}; ${advice}`);
}
