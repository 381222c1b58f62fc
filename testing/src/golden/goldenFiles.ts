import { cpSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";

/** Of a process that wrote golden data. */
export type GoldenEnd = "closed" | "killed";

/** From version 2 on, checkpoints have the indexes of metadata; from version 3 on, rows of the catalog have checksums. */
export const newestGoldenVersion = 3;

export const goldenDirectories: readonly (readonly [version: number, end: GoldenEnd])[] = [
  [1, "closed"],
  [1, "killed"],
  [2, "closed"],
  [2, "killed"],
  [newestGoldenVersion, "closed"],
  [newestGoldenVersion, "killed"],
];

/** They lie beside the sources, also for what was built. */
const sources = import.meta.url.replace("/testing/dist/", "/testing/src/");

export const goldenDirectory = (version: number, end: GoldenEnd): string =>
  fileURLToPath(new URL(`./data-${version}/${end}`, sources));

/** Everything but what belongs to a process that runs. */
export function copyGoldenFiles(from: string, to: string): void {
  const ofProcess = /^LOCK|-shm$/;
  cpSync(from, to, { recursive: true, filter: (path) => !ofProcess.test(basename(path)) });
}
