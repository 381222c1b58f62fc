import { type AkiDbError, failedPrecondition, unavailable } from "@akidb/base";
import type { Collection } from "@akidb/engine";
import type { DamagedCollection } from "./damagedCollection.ts";

/** What opening a collection has come to. */
export type Opening =
  | { readonly kind: "open"; readonly collection: Collection }
  /** Until the next start, or until a snapshot takes its place. */
  | { readonly kind: "damaged"; readonly damage: DamagedCollection }
  | PassingRefusal;

/** The next request tries again. */
export type PassingRefusal =
  /** The process or the machine had not what it takes. */
  | { readonly kind: "failed"; readonly damage: DamagedCollection; readonly cause: unknown }
  /** There is not enough memory for it: nothing is wrong with it. */
  | { readonly kind: "no_room"; readonly error: AkiDbError }
  /** Its files are in the object store and could not be brought back. */
  | { readonly kind: "away"; readonly error: AkiDbError };

export interface OpeningOptions {
  /** Where that can be done. */
  readonly inPlace: boolean;
}

const failedRetryAfterMs = 1_000;

/** For requests that would wait longer for the files of a collection than they can. */
const awayRetryAfterMs = 2_000;

export const isPassing = (state: { readonly kind: string }): state is PassingRefusal =>
  state.kind === "failed" || state.kind === "no_room" || state.kind === "away";

/** What a request is told whose collection could not be opened. */
export function passingError(refusal: PassingRefusal): AkiDbError {
  if (refusal.kind !== "failed") return refusal.error;
  const { damage, cause } = refusal;
  const message = `collection "${damage.name}" cannot be opened at the moment: ${damage.reason}`;
  return unavailable(message, { retryAfterMs: failedRetryAfterMs, cause });
}

/** What every request is told of a damaged one. */
export const damagedError = ({ name, reason }: DamagedCollection): AkiDbError =>
  failedPrecondition(`collection "${name}" is damaged and is not served, while all others are (${reason})`);

/** What a request is told that could not wait for the files any longer. */
export const stillAwayError = ({ name }: { readonly name: string }): AkiDbError =>
  unavailable(`collection "${name}" is being brought back from the object store`, {
    retryAfterMs: awayRetryAfterMs,
  });
