import { openSync, readFileSync, writeSync } from "node:fs";
import type { Operation } from "./operation.ts";
import type { DatabaseState } from "./world.ts";

/** What a process that will be killed has done. Written before or after the fact, so that the parent knows what it may expect. */
export type JournalLine =
  /** The process is about to pass a point; how often by now, in this thread. */
  | { readonly kind: "point"; readonly point: string; readonly occurrence: number }
  | { readonly kind: "killed" }
  | { readonly kind: "begun"; readonly number: number; readonly operation: Operation }
  /** Acknowledged. */
  | { readonly kind: "done"; readonly number: number; readonly snapshotId?: string }
  /** Everything that is there, with no operation in progress. */
  | { readonly kind: "state"; readonly state: DatabaseState; readonly isAfterStart: boolean }
  /** Of the collection that lasts; fewer rows than before tell of a compaction. */
  | { readonly kind: "checkpoint"; readonly rowCount: number; readonly segmentCount: number }
  /** Something in the object store is about to be damaged. */
  | { readonly kind: "harmed" }
  | { readonly kind: "error"; readonly message: string }
  | { readonly kind: "end" };

/** Each line is one write to the end of the file: whole and in order, from whichever thread, whatever follows. */
export function openJournal(path: string): (line: JournalLine) => void {
  const file = openSync(path, "a");
  return (line) => void writeSync(file, `${JSON.stringify(line)}\n`);
}

export const readJournal = (path: string): readonly JournalLine[] =>
  readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as JournalLine);
