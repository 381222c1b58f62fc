import type { Database, Readiness } from "@akidb/database";

/** What transports ask of the database, which is in this thread or in another ({@link RemoteDatabase}). */
export interface ServedDatabase extends Pick<Database, "execute" | "authenticate" | "admit" | "pace"> {
  /** As {@link Database.authenticateOwner}. */
  authenticateOwner(proof: string): OwnerPrincipal | Promise<OwnerPrincipal>;
  readiness(): Readiness | Promise<Readiness>;
  /** As {@link Database.loaded}. */
  loaded(): Promise<void>;
}

type OwnerPrincipal = ReturnType<Database["authenticateOwner"]>;
