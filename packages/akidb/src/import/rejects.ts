import type { Files, TextWriter } from "../files.ts";
import type { BadRow } from "./row.ts";

/** The rows that were not imported, one JSON object a line: `{line, error, row}`. */
export interface Rejects {
  readonly count: number;
  add(row: Omit<BadRow, "ok">): Promise<void>;
  close(): Promise<void>;
}

/** The file is made when the first row is rejected. */
export function createRejects(files: Files, path: string): Rejects {
  let count = 0;
  let writer: Promise<TextWriter> | undefined;
  // One after the other: batches are refused at the same time.
  let written: Promise<void> = Promise.resolve();
  return {
    get count() {
      return count;
    },
    add: async ({ line, error, row }) => {
      count += 1;
      writer ??= files.createText(path);
      const text = toJson({ line, error, row }) ?? toJson({ line, error, row: null });
      const file = writer;
      written = written.then(async () => (await file).write(`${text}\n`));
      await written;
    },
    close: async () => (await writer)?.close(),
  };
}

/** Undefined where the row is nested more deeply than the stack allows. */
function toJson(value: Omit<BadRow, "ok">): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}
