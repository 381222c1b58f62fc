import { invalidArgument } from "@akidb/base";
import type { Cli } from "../cli.ts";

/**
 * Asks whoever sits at the terminal.
 *
 * @param what a noun phrase: `collection books with 12 documents`
 * @throws AkiDbError `invalid_argument` where nobody can be asked
 */
export async function confirmDeletion({ terminal }: Cli, what: string): Promise<boolean> {
  if (!terminal.inIsTerminal) {
    throw invalidArgument("--yes", `must be given to delete ${what} where nobody can be asked`);
  }
  const answer = await terminal.ask(`Delete ${what} for ever? [y/N] `);
  return /^y(es)?$/i.test(answer?.trim() ?? "");
}
