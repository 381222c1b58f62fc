import { cpSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { JournalLine } from "./journal.ts";
import type { KillPoint } from "./killPoint.ts";
import { runFailpointProcess } from "./runFailpointProcess.ts";

/** What a process does that is to be killed. */
export interface KilledHistory {
  /** What was built; its argument is the data directory. */
  readonly program: URL;
  /** In it lies `prepared`, of which each process gets a copy. */
  readonly root: string;
}

export interface KilledRun {
  readonly directory: string;
  readonly lines: readonly JournalLine[];
  /** False: it came to its end without passing the point where it was to be killed. */
  readonly wasKilled: boolean;
}

/** @throws where the process ends by itself otherwise than at its end */
export async function runKilled({ program, root }: KilledHistory, kill?: KillPoint): Promise<KilledRun> {
  const directory = join(root, "data");
  copyInto(directory, join(root, "prepared"));
  return { directory, ...(await runProcess(program, root, kill)) };
}

/** @throws as {@link runKilled} */
export async function runProcess(
  program: URL,
  root: string,
  kill?: KillPoint,
): Promise<Omit<KilledRun, "directory">> {
  const directory = join(root, "data");
  const settings = { root: directory, journal: join(root, "journal"), ...(kill !== undefined && { kill }) };
  const { lines, end } = await runFailpointProcess(program, [directory], settings);
  const error = lines.find(({ kind }) => kind === "error");
  if (error?.kind === "error") throw new Error(`${error.message} (${end})`);
  const wasKilled = lines.some(({ kind }) => kind === "killed");
  const wasWhole = lines.some(({ kind }) => kind === "end");
  if (!wasKilled && !wasWhole) throw new Error(`the process ended by itself: ${end}`);
  return { lines, wasKilled };
}

export function copyInto(directory: string, from: string): void {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory);
  cpSync(from, directory, { recursive: true });
}
