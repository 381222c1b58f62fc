import { readFileSync } from "node:fs";

/** @throws Error that names the file and line, where a line is not JSON; blank lines are skipped */
export function readJsonLines<Row>(path: string): Row[] {
  return readFileSync(path, "utf8")
    .split("\n")
    .flatMap((line, index) => (line.trim() === "" ? [] : [parseLine<Row>(line, `${path}:${index + 1}`)]));
}

function parseLine<Row>(line: string, where: string): Row {
  try {
    return JSON.parse(line) as Row;
  } catch (cause) {
    throw new Error(`${where} is not a line of JSON`, { cause });
  }
}
