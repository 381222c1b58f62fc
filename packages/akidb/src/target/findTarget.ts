import { type AkiDb, AkiDbError, invalidArgument } from "@akidb/base";
import { connect } from "@akidb/client";
import { readLockHolder, readOwnerProof } from "@akidb/database/holder";
import { type Config, loadConfig } from "@akidb/server/config";
import type { Cli } from "../cli.ts";
import type { ConnectionFlags } from "./connectionOptions.ts";

/** Holds an API key, or an access token; in no flag, for everyone on the machine can read those. */
const apiKeyVariable = "AKIDB_API_KEY";

export interface TargetRequest {
  readonly flags: ConnectionFlags;
  /** Whether a data directory that is not there is made. */
  readonly mayCreate: boolean;
}

export type Target =
  | {
      readonly kind: "server";
      readonly url: string;
      readonly connect: () => AkiDb;
      /** Of the server that has the data directory, where its files are the caller's own. */
      readonly ownerProof?: string;
    }
  | { readonly kind: "directory"; readonly directory: string; readonly config: Config };

/**
 * Where a data command works: at the server of `--url`, else on the data directory, through the server that has it open
 * or else in this process, with the options that a server would read from the environment. Flags win over the
 * environment. To a server it shows the key of the environment, else that the caller owns the directory, if it does.
 */
export function findTarget(cli: Cli, { flags, mayCreate }: TargetRequest): Target {
  const apiKey = cli.environment[apiKeyVariable] || undefined;
  const server = (url: string, ownerProof?: string): Target => ({
    kind: "server",
    url,
    // Who names a key means to be its holder.
    connect: () =>
      connect({ url, random: cli.random, ...(apiKey === undefined ? { ownerProof } : { apiKey }) }),
    ...(ownerProof !== undefined && { ownerProof }),
  });
  const url = serverUrlOf(cli, flags);
  if (url) return server(url);

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
  const holder = readLockHolder(directory)?.url;
  if (!holder) return { kind: "directory", directory, config };
  return server(holder, readOwnerProof(directory));
}

/**
 * The server that the flags name, or else the environment; undefined for a data directory.
 *
 * @throws AkiDbError `invalid_argument` where both are named
 */
export function serverUrlOf({ environment }: Cli, { url, dataDir }: ConnectionFlags): string | undefined {
  if (url !== undefined && dataDir !== undefined) {
    throw invalidArgument("--url", "names a server and --data-dir a directory; give one of them");
  }
  return url ?? (dataDir === undefined ? environment["AKIDB_URL"] : undefined);
}
