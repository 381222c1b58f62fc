import type { SeededRandom } from "@akidb/base";

/** One thing done to a collection; as JSON in the fixtures, so that a history that failed once is replayed for ever. */
export type ModelStep =
  /** Each step has a generation of its own: its documents' vectors follow from it. */
  | { readonly kind: "upsert"; readonly keys: readonly number[]; readonly generation: number }
  /** As documents in chunks: in place of what each was, whole or in chunks. */
  | { readonly kind: "chunks"; readonly keys: readonly number[]; readonly generation: number }
  /** Leaves the vectors alone. */
  | { readonly kind: "patch"; readonly keys: readonly number[]; readonly generation: number }
  | { readonly kind: "delete"; readonly keys: readonly number[] }
  | { readonly kind: "search"; readonly seed: number; readonly exact: boolean }
  /** The oldest goes where there are many. */
  | { readonly kind: "snapshot" }
  /** In place; counted from the newest. */
  | { readonly kind: "restore"; readonly snapshot: number }
  /** Compared, and dropped. */
  | { readonly kind: "clone"; readonly snapshot: number }
  /** Replaces documents and waits until dead rows were dropped. */
  | { readonly kind: "compact"; readonly generation: number }
  | { readonly kind: "checkpoint" }
  | { readonly kind: "reopen" }
  /** Closed at a checkpoint, read in place, and opened in memory again. */
  | { readonly kind: "in_place"; readonly seed: number }
  /** The disk refuses everything after so many operations of an upsert, a patch and a checkpoint; then opened anew. */
  | {
      readonly kind: "crash";
      readonly operations: number;
      readonly keys: readonly number[];
      readonly generation: number;
      /** Whether they are written in chunks. */
      readonly inChunks?: boolean;
    };

export const modelKeysMax = 4_000;

/** @param generation of the step */
export function randomStep(random: SeededRandom, generation: number): ModelStep {
  const keys = (max: number) => [
    ...new Set(Array.from({ length: 1 + random.nextInt(max) }, () => random.nextInt(modelKeysMax))),
  ];
  const action = random.nextInt(1_000);
  if (action < 220) return { kind: "upsert", keys: keys(120), generation };
  if (action < 260) return { kind: "chunks", keys: keys(40), generation };
  if (action < 300) return { kind: "patch", keys: keys(120), generation };
  if (action < 400) return { kind: "delete", keys: keys(60) };
  if (action < 935) return { kind: "search", seed: random.nextUint32(), exact: false };
  if (action < 975) return { kind: "search", seed: random.nextUint32(), exact: true };
  if (action < 980) return { kind: "snapshot" };
  if (action < 983) return { kind: "restore", snapshot: random.nextInt(3) };
  if (action < 986) return { kind: "clone", snapshot: random.nextInt(3) };
  if (action < 988) return { kind: "compact", generation };
  if (action < 991) return { kind: "checkpoint" };
  if (action < 993) return { kind: "reopen" };
  if (action < 994) return { kind: "in_place", seed: random.nextUint32() };
  const inChunks = random.nextInt(3) === 0;
  return { kind: "crash", operations: random.nextInt(60), keys: keys(120), generation, inChunks };
}
