import type { CallOptions } from "../callOptions.ts";

export const jobKinds = ["delete_tenant", "delete_database"] as const;

export type JobKind = (typeof jobKinds)[number];

export const jobStates = ["running", "done", "failed"] as const;

export type JobState = (typeof jobStates)[number];

/** Work that goes on after the request that began it. */
export interface Jobs {
  /** Rejects with `not_found` for one that nobody knows any more: it has ended before the last start of the server. */
  get(id: string, options?: CallOptions): Promise<Job>;
}

export interface Job {
  /** Of a deletion, the id of what is deleted: it is the same after a restart. */
  readonly id: string;
  readonly kind: JobKind;
  /** `failed`: what is decided stays decided; it goes on with the next start, or when it is asked for again. */
  readonly state: JobState;
  /** Null unless failed. */
  readonly stateReason: string | null;
  /** Share of the work that is done, 0..1. */
  readonly progress: number;
  /** What it works on. */
  readonly resource: { readonly type: "tenant" | "database"; readonly id: string };
  readonly startedAt: string;
  /** Null while it runs. */
  readonly endedAt: string | null;
}
