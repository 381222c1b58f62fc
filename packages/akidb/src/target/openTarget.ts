import { type AkiDb, AkiDbError, invalidArgument } from "@akidb/base";
import { connect } from "@akidb/client";
import { type LogEvent, open, readLockHolder } from "@akidb/database";
import { type Config, databaseOptions, loadConfig } from "@akidb/server";
import type { Cli } from "../cli.ts";
import type { ConnectionFlags } from "./connectionOptions.ts";

export interface TargetRequest {
  readonly flags: ConnectionFlags;
  /** Whether a data directory that is not there is made. */
  readonly mayCreate: boolean;
}

/**
 * The database that a data command works on: the server at `--url`, else the data directory, through the server that
 * has it open or else in this process, with the options that a server would read from the environment. Flags win over
 * the environment.
 */
export async function openTarget(cli: Cli, { flags, mayCreate }: TargetRequest): Promise<AkiDb> {
  if (flags.url !== undefined && flags.dataDir !== undefined) {
    throw invalidArgument("--url", "names a server and --data-dir a directory; give one of them");
  }
  const url = flags.url ?? (flags.dataDir === undefined ? cli.environment["AKIDB_URL"] : undefined);
  if (url) return connect({ url, random: cli.random });

  const config = loadConfig({
    flags: { "--data-dir": flags.dataDir },
    environment: cli.environment,
    readFile: cli.files.readText,
    isTerminal: cli.terminal.outIsTerminal,
  });
  const directory = config.data.dir;
  if (!cli.files.exists(directory) && !mayCreate) {
    throw new AkiDbError(
      "not_found",
      `data directory ${JSON.stringify(directory)} does not exist; name another with --data-dir, or a server with --url`,
    );
  }
  const server = readLockHolder(directory)?.url;
  if (server) return connect({ url: server, random: cli.random });
  return openInProcess(cli, directory, config);
}

async function openInProcess(cli: Cli, path: string, config: Config): Promise<AkiDb> {
  return await open({
    ...databaseOptions(config),
    path,
    command: "akidb",
    clock: cli.clock,
    random: cli.random,
    log: (event) => noteDamage(cli, event),
  });
}

/** What else happens on opening is the server's to log. */
function noteDamage({ terminal }: Cli, event: LogEvent): void {
  if (event.kind !== "collection_damaged") return;
  terminal.note(`akidb: collection ${JSON.stringify(event.collection)} is damaged: ${event.reason}\n`);
}

/** Runs `work` on the target and lets go of it in the end. */
export async function withTarget<Result>(
  cli: Cli,
  request: TargetRequest,
  work: (db: AkiDb) => Promise<Result>,
): Promise<Result> {
  const db = await openTarget(cli, request);
  try {
    return await work(db);
  } finally {
    await db.close();
  }
}
