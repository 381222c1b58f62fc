import type { Principal } from "@akidb/access";

/** Who sends a request, found out before its body is read. */
export interface Caller {
  /** Null where it need not say: only what is for everybody may be called so. */
  readonly principal: Principal | null;
  /** Null where nobody knows. */
  readonly ipAddress: string | null;
  readonly userAgent: string | null;
}

/**
 * Whoever holds the database in its own process: an admin of the default tenant whom no policy binds, as none binds
 * whoever holds the files.
 */
export const ownProcess = "own_process" as const;

/** Null where nobody knows, and in this process. */
export const addressOf = (caller: Caller | typeof ownProcess): string | null =>
  caller === ownProcess ? null : caller.ipAddress;
