import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** @returns names of files that one of the directories lacks or has with other bytes */
export function differingFiles(one: string, other: string): readonly string[] {
  const names = new Set([...readdirSync(one), ...readdirSync(other)]);
  const read = (directory: string, name: string): Buffer | undefined =>
    readdirSync(directory).includes(name) ? readFileSync(join(directory, name)) : undefined;
  return [...names].sort().filter((name) => {
    const bytes = read(one, name);
    return bytes === undefined || read(other, name)?.equals(bytes) !== true;
  });
}
