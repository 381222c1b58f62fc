import type { FieldViolation } from "@akidb/base";
import { accessLimits as max } from "../accessLimits.ts";

/**
 * NIST SP 800-63B, 5.1.1.2: length, and no rules of composition; of what is easily guessed, only what shows without a
 * dictionary.
 *
 * @returns what is wrong with it
 */
export function checkPassword(
  path: string,
  password: unknown,
  { email }: { readonly email: string },
): FieldViolation | undefined {
  const refuse = (detail: string): FieldViolation => ({ path, detail });
  if (typeof password !== "string" || !password.isWellFormed()) return refuse("must be text");
  if (Buffer.byteLength(password) > max.passwordBytesMax) {
    return refuse(`must have at most ${max.passwordBytesMax} bytes`);
  }
  const characters = [...normalizePassword(password)];
  if (characters.length < max.passwordCharactersMin) {
    return refuse(`must have at least ${max.passwordCharactersMin} characters`);
  }
  if (new Set(characters).size < max.passwordDistinctCharactersMin) {
    return refuse(`must have at least ${max.passwordDistinctCharactersMin} different characters`);
  }
  if (email !== "" && password.toLowerCase().includes(email.toLowerCase())) {
    return refuse("must not contain the e-mail address");
  }
  return undefined;
}

/** The same for every keyboard: one may send é as one code point, another as two. */
export const normalizePassword = (password: string): string => password.normalize("NFKC");
