/** Where a process is to be killed. */
export interface KillPoint {
  /** Of the operation, as `failpointPreload` calls it. */
  readonly point: string;
  /** Counts from 1, in each thread of one process. */
  readonly occurrence: number;
  readonly moment: KillMoment;
  /** How far into an operation that cannot be halved exactly. */
  readonly delayMicroseconds: number;
}

/** Of a write, exactly half is done `during` it; of others, what fits into a random delay. */
export type KillMoment = "before" | "during" | "after";
export const killMoments: readonly KillMoment[] = ["before", "during", "after"];

/** What a process with failpoints gets from its parent, as JSON in the environment. */
export interface FailpointSettings {
  /** The data directory: operations elsewhere are no points. */
  readonly root: string;
  readonly journal: string;
  readonly kill?: KillPoint;
}

export const failpointVariable = "AKIDB_FAILPOINTS";
