import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";

export const filesUnder = (directory: string): readonly string[] =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

/** @returns whether the files are out of the page cache */
export const dropFromCache = (files: readonly string[]): boolean =>
  files.every((file) => spawnSync("dd", [`if=${file}`, "iflag=nocache", "count=0"]).status === 0);
