import type { Command } from "commander";

/** Where the data is, as given on the command line. */
export interface ConnectionFlags {
  readonly url?: string;
  readonly dataDir?: string;
  /** By name or id; that called `default` if absent. */
  readonly database?: string;
}

export const addConnectionOptions = (command: Command): Command =>
  command
    .optionsGroup("Where the data is:")
    .option("--url <URL>", "a running server (AKIDB_URL); AKIDB_API_KEY holds a key for it")
    .option(
      "--data-dir <DIR>",
      "a data directory: through the server that has it open, else in this process (default: ./akidb-data; AKIDB_DB_PATH)",
    )
    .optionsGroup("Options:");

/** Of commands that work on collections. */
export const addDatabaseOptions = (command: Command): Command =>
  addConnectionOptions(command)
    .optionsGroup("Where the data is:")
    .option("--database <NAME>", "the database that has the collections, by name or id (default: default)")
    .optionsGroup("Options:");
