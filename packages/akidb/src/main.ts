import { systemClock, systemRandom } from "@akidb/base";
import { packageVersion } from "./adapters/packageVersion.ts";
import { systemFiles } from "./adapters/systemFiles.ts";
import { systemMachine } from "./adapters/systemMachine.ts";
import { systemPipes } from "./adapters/systemPipes.ts";
import { systemTerminal } from "./adapters/systemTerminal.ts";
import { failureOf } from "./failure.ts";
import { runProgram } from "./program.ts";
import { paintIf } from "./terminal/paint.ts";

/**
 * The command line. Never rejects: an error is one line on stderr and the exit code that its kind has.
 *
 * @param args without the program's name
 */
export async function main(args: readonly string[]): Promise<void> {
  const terminal = systemTerminal();
  const label = paintIf(terminal.noteHasColors)("red", "akidb:");
  try {
    await runProgram(args, {
      terminal,
      files: systemFiles,
      machine: systemMachine,
      pipes: systemPipes,
      environment: process.env,
      clock: systemClock,
      random: systemRandom,
      version: packageVersion(),
      exitWith: (code) => {
        process.exitCode = code;
      },
    });
  } catch (error) {
    const { exitCode, message } = failureOf(error);
    terminal.note(`${label} ${message}\n`);
    process.exitCode = exitCode;
  }
}
