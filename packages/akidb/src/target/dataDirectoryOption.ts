import { loadConfig } from "@akidb/server/config";
import type { Command } from "commander";
import type { Cli } from "../cli.ts";

/** For commands that work on the files, whether a server has them open or not. */
export interface DataDirectoryFlag {
  readonly dataDir?: string;
}

export const addDataDirectoryOption = (command: Command): Command =>
  command.option("--data-dir <DIR>", "the data directory (default: that of the configuration)");

export const addFileOrServerOptions = (command: Command): Command =>
  addDataDirectoryOption(command).option("--url <URL>", "a running server in its place (AKIDB_URL)");

export const dataDirectoryOf = (cli: Cli, { dataDir }: DataDirectoryFlag): string =>
  loadConfig({
    flags: { "--data-dir": dataDir },
    environment: cli.environment,
    readFile: cli.files.readText,
    isTerminal: cli.terminal.outIsTerminal,
  }).data.dir;
