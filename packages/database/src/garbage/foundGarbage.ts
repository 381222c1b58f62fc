import type { Deadline, GarbageKind } from "@akidb/base";

/** Something that may go once it is old enough. */
export interface FoundGarbage {
  readonly kind: GarbageKind;
  readonly name: string;
  readonly bytes: number;
  readonly count: number;
  readonly modifiedAtMs: number;
  /** It stays for so long, whatever was asked for; 0 if absent. */
  readonly keptMs?: number;
  /** Undefined where it is only told of. */
  readonly remove: (() => Promise<void>) | undefined;
}

/** One look at all that may be garbage. */
export interface GarbageLook {
  /** What was modified later is left alone. */
  readonly modifiedBeforeMs: number;
  readonly withUnknownCollections: boolean;
  /** Ends the look. */
  readonly deadline: Deadline;
  /** Notes what was found, and removes it where that is wanted. */
  readonly take: (found: FoundGarbage) => Promise<void>;
  /** Notes what cannot be looked at, and goes on; rejects where the look has ended. */
  readonly orProblem: (what: string, work: () => Promise<void>) => Promise<void>;
  readonly onProgress: (share: number) => void;
}

/** What no row of the catalog tells of may be known to one that is put back, and is what there is to go back to. */
export const unknownGenerationKeptMs = 7 * 24 * 3_600_000;
