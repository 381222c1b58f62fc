import type { Files, TextWriter } from "../files.ts";
import type { BadRow } from "./row.ts";

/** The rows that were not imported, one JSON object a line: `{line, error, row}`. */
export interface Rejects {
  readonly count: number;
  /** Of the file. */
  readonly bytes: number;
  add(row: Omit<BadRow, "ok">): Promise<void>;
  close(): Promise<void>;
}

/**
 * The file is made when the first row is rejected.
 *
 * @param earlier what an import that goes on has in it by now
 */
export function createRejects(
  files: Files,
  path: string,
  earlier: Pick<Rejects, "count" | "bytes"> = { count: 0, bytes: 0 },
): Rejects {
  let { count, bytes } = earlier;
  let writer: Promise<TextWriter> | undefined;
  // One after the other: batches are refused at the same time.
  let written: Promise<void> = Promise.resolve();
  return {
    get count() {
      return count;
    },
    get bytes() {
      return bytes;
    },
    add: async ({ line, error, row }) => {
      count += 1;
      writer ??= bytes === 0 ? files.createText(path) : files.continueText(path, bytes);
      const text = `${toJson({ line, error, row }) ?? toJson({ line, error, row: null })}\n`;
      const file = writer;
      written = written.then(async () => (await file).write(text));
      await written;
      bytes += Buffer.byteLength(text);
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
