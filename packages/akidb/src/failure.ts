import { isAkiDbError } from "@akidb/base";
import { exitCodeOf, internalExitCode, usageExitCode } from "./exitCodes.ts";
import { UsageError } from "./usageError.ts";

/** How a command that threw ends. */
export interface Failure {
  readonly exitCode: number;
  /** Without the program's name. */
  readonly message: string;
}

export function failureOf(error: unknown): Failure {
  if (error instanceof UsageError) {
    return {
      exitCode: usageExitCode,
      message: `${error.message} (${error.command} --help shows what there is)`,
    };
  }
  if (isAkiDbError(error)) return { exitCode: exitCodeOf(error), message: error.message };
  // A fault of the program, whose trace its authors need.
  const trace = error instanceof Error ? error.stack : String(error);
  return { exitCode: internalExitCode, message: `internal error: ${trace}` };
}
