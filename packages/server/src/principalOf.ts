import { isLoopbackHost } from "@akidb/base";
import { type Caller, readCredential, unauthenticated } from "@akidb/database";
import type { ServedDatabase } from "./servedDatabase.ts";

/** What a request shows, whatever transport brought it. */
export interface Shown {
  readonly authorization: string | undefined;
  readonly xApiKey: string | undefined;
  /** What the file `OWNER` of the data directory says. */
  readonly owner: string | undefined;
  readonly connection: {
    readonly remoteAddress?: string | undefined;
    readonly localAddress?: string | undefined;
  };
}

/** Rejects with `unauthenticated`, also where somebody shows to be two at once, and with `tenant_suspended`. */
export async function principalOf(
  { authorization, xApiKey, owner, connection }: Shown,
  database: Pick<ServedDatabase, "authenticate" | "authenticateOwner">,
): Promise<NonNullable<Caller["principal"]>> {
  if (owner === undefined) return await database.authenticate(readCredential({ authorization, xApiKey }));
  if (authorization !== undefined || xApiKey !== undefined || !isOnThisMachine(connection)) {
    throw unauthenticated();
  }
  return await database.authenticateOwner(owner);
}

/** What proves to be the owner of files says nothing about another machine, however it got there. */
const isOnThisMachine = ({ remoteAddress, localAddress }: Shown["connection"]): boolean =>
  remoteAddress !== undefined && (isLoopbackHost(remoteAddress) || remoteAddress === localAddress);
