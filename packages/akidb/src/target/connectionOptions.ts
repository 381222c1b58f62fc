import type { Command } from "commander";

/** Where the data is, as given on the command line. */
export interface ConnectionFlags {
  readonly url?: string;
  readonly dataDir?: string;
}

export const addConnectionOptions = (command: Command): Command =>
  command
    .optionsGroup("Where the data is:")
    .option("--url <URL>", "a running server (AKIDB_URL)")
    .option(
      "--data-dir <DIR>",
      "a data directory: through the server that has it open, else in this process (default: ./akidb-data; AKIDB_DB_PATH)",
    )
    .optionsGroup("Options:");
