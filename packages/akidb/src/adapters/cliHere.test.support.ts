import { systemClock, systemRandom } from "@akidb/base";
import { failureOf } from "../failure.ts";
import { runProgram } from "../program.ts";
import { recordingTerminal } from "../terminal/recordingTerminal.test.support.ts";
import type { CliRun, CliRunOptions } from "./cliProcess.test.support.ts";
import { packageVersion } from "./packageVersion.ts";
import { systemFiles } from "./systemFiles.ts";
import { systemMachine } from "./systemMachine.ts";
import { systemPipes } from "./systemPipes.ts";

/** The command line in this process: without the second that a process of its own takes. Its pipes are this process's. */
export async function runCliHere(
  args: readonly string[],
  { cwd, input, environment = {} }: CliRunOptions,
): Promise<CliRun> {
  const terminal = recordingTerminal(input?.split("\n"));
  const before = process.cwd();
  let code = 0;
  let failure = "";
  process.chdir(cwd);
  try {
    await runProgram(args, {
      terminal,
      files: systemFiles,
      machine: systemMachine,
      pipes: systemPipes,
      environment,
      clock: systemClock,
      random: systemRandom,
      version: packageVersion(),
      exitWith: (asked) => {
        code = asked;
      },
    });
  } catch (error) {
    const { exitCode, message } = failureOf(error);
    code = exitCode;
    failure = `akidb: ${message}\n`;
  } finally {
    process.chdir(before);
  }
  return { code, stdout: terminal.printed, stderr: terminal.noted + failure };
}
