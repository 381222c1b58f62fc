import type { CallOptions } from "../callOptions.ts";

export const jobKinds = [
  "delete_tenant",
  "delete_database",
  "reembed_collection",
  "collect_garbage",
] as const;

export type JobKind = (typeof jobKinds)[number];

export const jobStates = ["running", "paused", "done", "cancelled", "failed"] as const;

export type JobState = (typeof jobStates)[number];

/** Work that goes on after the request that began it. */
export interface Jobs {
  /** Rejects with `not_found` for one that nobody knows any more: a deletion, or a look for garbage, of before the last start of the server. */
  get(id: string, options?: CallOptions): Promise<Job>;
}

export interface Job {
  /**
   * Of a deletion, the id of what is deleted; of a re-embedding, its own: it is the same after a restart. A look for garbage
   * does not outlive the server's process.
   */
  readonly id: string;
  readonly kind: JobKind;
  /** `failed`: what is decided stays decided; it goes on with the next start, or when it is asked for again. */
  readonly state: JobState;
  /** Null unless it failed, was paused without anybody asking for it, or waits for something. */
  readonly stateReason: string | null;
  /** Share of the work that is known to be done, 0..1; nobody looks at what is paused or cancelled. */
  readonly progress: number;
  /** What it works on; of a server, the id is that of its own tenant. */
  readonly resource: { readonly type: "tenant" | "database" | "collection" | "server"; readonly id: string };
  readonly startedAt: string;
  /** Null while it runs or is paused. */
  readonly endedAt: string | null;
}
