import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { builtUrl } from "../builtUrl.ts";
import { type JournalLine, readJournal } from "./journal.ts";
import { type FailpointSettings, failpointVariable } from "./killPoint.ts";

export interface FailpointEnd {
  /** Of the journal, which is begun anew. */
  readonly lines: readonly JournalLine[];
  /** How the process ended, in words. */
  readonly end: string;
}

const preload = builtUrl(import.meta.url, "./failpointPreload.js");

/** @param program what was built */
export async function runFailpointProcess(
  program: URL,
  args: readonly string[],
  settings: FailpointSettings,
): Promise<FailpointEnd> {
  rmSync(settings.journal, { force: true });
  const env = { ...process.env, [failpointVariable]: JSON.stringify(settings) };
  const allArgs = ["--import", preload.href, fileURLToPath(program), ...args];
  const running = spawn(process.execPath, allArgs, { env, stdio: ["ignore", "ignore", "pipe"] });
  let complaint = "";
  running.stderr.on("data", (chunk: Buffer) => {
    complaint = (complaint + chunk.toString()).slice(-2_000);
  });
  const [code, signal] = await once(running, "close");
  const lines = existsSync(settings.journal) ? readJournal(settings.journal) : [];
  return { lines, end: `${signal ?? code} ${complaint}` };
}
