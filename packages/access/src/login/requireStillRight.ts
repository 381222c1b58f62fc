import { AkiDbError } from "@akidb/base";
import type { Repositories, UserCredentials } from "@akidb/catalog";

/** Of the one answer to every login that fails. */
export const loginFailed = (): AkiDbError => new AkiDbError("unauthenticated", "e-mail or password is wrong");

/**
 * For a transaction that acts on a password that was verified before it: hashing takes its time, and whoever changes a
 * password or suspends a user meanwhile ends all sessions that there are, and means those that come, too.
 *
 * Rejects with `unauthenticated`.
 */
export async function requireStillRight(
  { users }: Pick<Repositories, "users">,
  { user, passwordHash }: UserCredentials,
): Promise<void> {
  const now = await users.findCredentials(user.tenantId, user.email);
  if (now?.user.status !== "active" || now.passwordHash !== passwordHash) throw loginFailed();
}
