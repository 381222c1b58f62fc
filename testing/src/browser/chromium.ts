import { spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** @returns where it is on PATH; undefined where there is none */
export function findChromium(): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const flags = [
  "--headless",
  // Chromium refuses to run as root with its sandbox; it sees pages of the test alone.
  "--no-sandbox",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export interface Browser {
  /** Rejects when it ends before it is closed. */
  readonly ended: Promise<never>;
  close(): Promise<void>;
}

/** A browser without a window and without a past, that opens a page. */
export function openInChromium(executable: string, url: string): Browser {
  const profile = mkdtempSync(join(tmpdir(), "akidb-chromium-"));
  const args = [...flags, `--user-data-dir=${profile}`, url];
  const child = spawn(executable, args, { stdio: ["ignore", "ignore", "pipe"] });
  let output = "";
  child.stderr.on("data", (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-4_000);
  });
  const exited = once(child, "exit");
  const ended = exited.then(([code]) => {
    throw new Error(`the browser ended with ${code}:\n${output}`);
  });
  // Whoever waits for a page hears of it; after the end of the test nobody does.
  ended.catch(() => {});
  return {
    ended,
    close: async () => {
      child.kill("SIGTERM");
      await exited;
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
