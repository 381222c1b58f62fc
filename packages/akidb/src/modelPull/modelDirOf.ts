import { loadConfig } from "@akidb/server/config";
import type { Cli } from "../cli.ts";
import type { DataDirectoryFlag } from "../target/dataDirectoryOption.ts";

export interface ModelDirFlags extends DataDirectoryFlag {
  readonly modelDir?: string;
}

/** The folder of models: that of the flag, else of the configuration. */
export async function modelDirOf(cli: Cli, { modelDir, dataDir }: ModelDirFlags): Promise<string> {
  if (modelDir !== undefined) return cli.files.absolute(modelDir);
  const { embedding, data } = loadConfig({
    flags: { "--data-dir": dataDir },
    environment: cli.environment,
    readFile: cli.files.readText,
    isTerminal: cli.terminal.outIsTerminal,
  });
  const { withModelDir } = await import("@akidb/database");
  return cli.files.absolute(withModelDir({ modelDir: embedding.modelDir }, data.dir).modelDir);
}
