import { DeadLetterFile } from "@akidb/catalog";
import { DeadLetters, type DeadLettersOptions } from "./deadLetters.ts";
import { type DeadLetterTimes, defaultDeadLetterTimes } from "./deadLetterTimes.ts";

export interface DeadLettersOpening extends Omit<DeadLettersOptions, "file" | "letters" | "times"> {
  /** The data directory. */
  readonly directory: string;
  readonly times: Partial<DeadLetterTimes>;
}

/** @throws AkiDbError `failed_precondition` where its file is of a newer version */
export function openDeadLetters({ directory, times, ...options }: DeadLettersOpening): DeadLetters {
  const file = new DeadLetterFile(directory);
  const { letters, damagedCount, putAsideAs } = file.load();
  if (damagedCount > 0 || putAsideAs !== undefined) {
    options.log({ kind: "dead_letters_damaged", rowCount: damagedCount, putAsideAs });
  }
  return new DeadLetters({ ...options, file, letters, times: { ...defaultDeadLetterTimes, ...times } });
}
