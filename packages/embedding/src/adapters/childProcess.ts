import { type ChildProcess, spawn } from "node:child_process";
import type { LaunchedProcess } from "../process/launchedProcess.ts";

/** For what it still has to say: a process of its own that outlives it may hold the pipes open. */
const lastWordsMs = 500;

/**
 * Starts a program, without a shell: arguments are what they are. It leads a process group of its own, so that an interrupt
 * typed at the server's terminal is the server's alone, and a wrapper is killed with what it wraps. When the server
 * is gone, however it went, the program's input ends.
 *
 * @param command the program, and its arguments
 */
export function childProcess([program = "", ...args]: readonly string[]): LaunchedProcess {
  let child: ChildProcess;
  try {
    child = spawn(program, args, { stdio: "pipe", detached: true, env: environmentOfPrograms() });
  } catch (error) {
    return notStarted(error as NodeJS.ErrnoException);
  }
  const { stdin, stdout, stderr } = child;
  // All three are pipes, even where it could not be started.
  if (stdin === null || stdout === null || stderr === null) return notStarted({});
  // That it does not read any more is told by its end.
  stdin.on("error", () => {});
  return {
    output: stdout,
    complaints: stderr,
    ended: endOf(child),
    write: (data) => void stdin.write(data),
    endInput: () => void stdin.end(),
    kill: (signal) => {
      if (child.pid === undefined) return;
      try {
        process.kill(-child.pid, signal);
      } catch {
        // It is gone.
      }
    },
  };
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once("error", (error: NodeJS.ErrnoException) => resolve(cannotStart(error)));
    child.once("exit", (code, signal) => {
      const how = signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`;
      const timer = setTimeout(resolve, lastWordsMs, how);
      child.once("close", () => {
        clearTimeout(timer);
        resolve(how);
      });
    });
  });
}

const notStarted = (error: { readonly code?: string | undefined }): LaunchedProcess => ({
  output: nothing(),
  complaints: nothing(),
  ended: Promise.resolve(cannotStart(error)),
  write: () => {},
  endInput: () => {},
  kill: () => {},
});

async function* nothing(): AsyncGenerator<Uint8Array> {}

const cannotStart = ({ code }: { readonly code?: string | undefined }): string =>
  code === "ENOENT" ? "cannot be started: there is no such program" : `cannot be started (${code ?? "?"})`;

/** But for what is the database's own: its configuration has keys and passwords. */
const environmentOfPrograms = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("AKIDB_")));
