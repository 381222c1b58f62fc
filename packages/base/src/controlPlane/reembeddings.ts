import type { CallOptions } from "../callOptions.ts";

/** Of one collection: its texts are embedded anew, behind what is served, and then take its place. */
export interface Reembedding {
  /**
   * Begins it. Rejects with `failed_precondition` where the collection is embedded with that model already or has documents without
   * a text, `already_exists` where one goes on.
   */
  start(input?: StartReembeddingInput, options?: CallOptions): Promise<ReembeddingInfo>;
  /** The latest one. Rejects with `not_found` where there was none. */
  get(options?: CallOptions): Promise<ReembeddingInfo>;
  /** Until {@link Reembedding.resume}, also over restarts. What is done stays done. */
  pause(options?: CallOptions): Promise<ReembeddingInfo>;
  resume(options?: CallOptions): Promise<ReembeddingInfo>;
  /** Gives it up, and what is done with it; of one that has flipped, the vectors of before, so that there is no way back. */
  cancel(options?: CallOptions): Promise<ReembeddingInfo>;
  /**
   * Goes back to the vectors of before, which stay for a week: what was written since is embedded with the model of before. Rejects
   * with `failed_precondition` where they are not there any more.
   */
  rollback(options?: CallOptions): Promise<ReembeddingInfo>;
}

export interface StartReembeddingInput {
  /** Its name or id; the server's default one if absent. */
  readonly model?: string;
  /** The model's own if absent. */
  readonly dimension?: number;
}

/** `catching_up`: every document has its vector, and what was written meanwhile follows; then it flips. */
export const reembeddingProgressStates = [
  "copying",
  "catching_up",
  "paused",
  "flipped",
  "cancelled",
] as const;

export type ReembeddingProgressState = (typeof reembeddingProgressStates)[number];

export interface ReembeddingInfo {
  readonly id: string;
  readonly collectionId: string;
  readonly state: ReembeddingProgressState;
  /** Why it is paused, where nobody asked for it, or what it waits for; null otherwise. */
  readonly stateReason: string | null;
  readonly from: EmbeddedWith;
  readonly to: EmbeddedWith;
  /** That have their new vector; null where nobody looks: it is paused, or over. */
  readonly documentsDone: number | null;
  readonly documentsTotal: number | null;
  /** Of late; null until that is known. */
  readonly documentsPerSecond: number | null;
  /** Until all have theirs, about. */
  readonly secondsLeft: number | null;
  /** Until when there is a way back; null where there is none. */
  readonly keepUntil: string | null;
  readonly startedAt: string;
  readonly updatedAt: string;
}

export interface EmbeddedWith {
  /** Null for vectors that its clients brought. */
  readonly embeddingModel: string | null;
  readonly modelFingerprint: string | null;
  readonly dimension: number;
}
