import { type Clock, formatTimestamp, type IdGenerator } from "@akidb/base";

/** What a new row needs from outside. */
export interface RowSources {
  readonly clock: Clock;
  readonly ids: IdGenerator;
}

/** Now, but always later than the last change: two changes in a millisecond differ, and a clock may go back. */
export const timeOfChange = (clock: Clock, lastChange: string): string =>
  formatTimestamp(Math.max(clock.nowMs(), Date.parse(lastChange) + 1));
