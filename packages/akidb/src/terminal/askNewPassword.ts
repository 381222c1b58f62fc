import { invalidArgument } from "@akidb/base";
import type { Cli } from "../cli.ts";

export const passwordStdinFlag = "--password-stdin";

/**
 * Asks twice without showing what is typed; or takes the first line of the standard input.
 *
 * @throws AkiDbError `invalid_argument` where there is nobody to ask, or what they say differs
 */
export async function askNewPassword(
  { terminal }: Pick<Cli, "terminal">,
  { isOnStdin, whose }: { readonly isOnStdin: boolean; readonly whose: string },
): Promise<string> {
  if (isOnStdin) {
    const line = await terminal.ask("");
    if (line === undefined) throw invalidArgument(passwordStdinFlag, "the standard input is empty");
    return line;
  }
  if (!terminal.inIsTerminal) {
    throw invalidArgument(passwordStdinFlag, "must be given where nobody can be asked for a password");
  }
  const first = await terminal.askSecret(`Password of ${whose} (at least 12 characters): `);
  const second = first === undefined ? undefined : await terminal.askSecret("The same again: ");
  if (first === undefined || second === undefined) throw invalidArgument("password", "was not given");
  if (first !== second) throw invalidArgument("password", "was not the same the second time");
  return first;
}
