import type { AkiDb } from "@akidb/base";
import type { LogEvent } from "@akidb/database";
import { type Config, databaseOptions } from "@akidb/server/config";
import type { Cli } from "../cli.ts";
import { findTarget, type TargetRequest } from "./findTarget.ts";

/** The database that a data command works on: at a server, or in this process. */
export async function openTarget(cli: Cli, request: TargetRequest): Promise<AkiDb> {
  const target = findTarget(cli, request);
  return target.kind === "server" ? target.connect() : openInProcess(cli, target.directory, target.config);
}

/** What only a database in this process needs is loaded here: a command that asks a server starts sooner without it. */
async function openInProcess(cli: Cli, path: string, config: Config): Promise<AkiDb> {
  const { open } = await import("@akidb/database");
  const options = databaseOptions(config);
  return await open({
    ...options,
    // The schedule and the rules are a server's: a command ends when its work is done.
    snapshot: { ...options.snapshot, intervalMs: 0, afterBytes: 0 },
    tiering: { ...options.tiering, enabled: false },
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
  const { database } = request.flags;
  try {
    return await work(database === undefined ? db : db.database(database));
  } finally {
    await db.close();
  }
}
