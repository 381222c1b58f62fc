import type { AkiDbError } from "@akidb/base";
import { errorMapping } from "@akidb/client";

/** Some rows of an import were rejected, or the user said no. */
export const partialExitCode = 1;

/** Something was found that needs somebody: a damaged file, a machine that does not suit. */
export const findingExitCode = 1;

/** As of a wrong value: the command line is an argument, too. */
export const usageExitCode = errorMapping.invalid_argument.exitCode;

export const internalExitCode = errorMapping.internal.exitCode;

export const exitCodeOf = ({ code }: AkiDbError): number => errorMapping[code].exitCode;
