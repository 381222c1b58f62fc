import type { Random } from "@akidb/base";
import { passwordCosts } from "./passwordHasher.ts";

const saltBytes = 16;
const digestBytes = 32;

/**
 * The hash of no password, in the form and at the costs of one: random bytes stand where Argon2id's output would. For a
 * user who has not got a password yet, and whose logins fail like those of everybody else.
 */
export function unusablePasswordHash(random: Random): string {
  const { memoryKiB, passes, lanes } = passwordCosts;
  const part = (length: number): string =>
    Buffer.from(random.fill(new Uint8Array(length)))
      .toString("base64")
      .replace(/=+$/, "");
  return `$argon2id$v=19$m=${memoryKiB},t=${passes},p=${lanes}$${part(saltBytes)}$${part(digestBytes)}`;
}
