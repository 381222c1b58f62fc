import type { AkiDbError } from "@akidb/base";
import { errorMapping } from "@akidb/client";

/** Some rows of an import were rejected, or the user said no. */
export const partialExitCode = 1;

/** Something was found that needs somebody: a damaged file, a machine that does not suit. */
export const findingExitCode = 1;

/** As of a wrong value: the command line is an argument, too. */
export const usageExitCode = errorMapping.invalid_argument.exitCode;

export const internalExitCode = errorMapping.internal.exitCode;

/** What the help of the program says of them; docs/cli.md has the same. */
export const exitCodeHelp = `
Exit codes:
  0   done
  1   done in part: some rows rejected, something found that needs somebody, the question answered with no
${Object.entries(errorMapping)
  .sort(([, a], [, b]) => a.exitCode - b.exitCode)
  .map(([code, { exitCode }]) => `  ${String(exitCode).padEnd(3)} ${code}`)
  .join("\n")}
`;

export const exitCodeOf = ({ code }: AkiDbError): number => errorMapping[code].exitCode;
