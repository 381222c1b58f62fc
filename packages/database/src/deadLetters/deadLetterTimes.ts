import type { Random } from "@akidb/base";

/** Of work that has failed: a wait that doubles, of which a random half is taken off. */
export interface DeadLetterTimes {
  readonly firstRestMs: number;
  readonly restMsMax: number;
}

export const defaultDeadLetterTimes: DeadLetterTimes = { firstRestMs: 30_000, restMsMax: 3_600_000 };

/** @param attempts that have failed, 1 or more */
export function restAfter(
  attempts: number,
  { firstRestMs, restMsMax }: DeadLetterTimes,
  random: Random,
): number {
  const fullMs = Math.min(restMsMax, firstRestMs * 2 ** Math.min(attempts - 1, 30));
  const [drawn = 0] = new Uint32Array(random.fill(new Uint8Array(4)).buffer);
  return Math.round((fullMs / 2) * (1 + drawn / 0x1_0000_0000));
}
