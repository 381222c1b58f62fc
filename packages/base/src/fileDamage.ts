/** A file that is not what was written, found at a start or by a verification. */
export interface FileDamage {
  /** Below the collection's directory; below the data directory for a file that belongs to no collection. */
  readonly file: string;
  /** What is wrong with it. */
  readonly problem: string;
  /** `none`: what it held is elsewhere, too. `unknown`: the next start will tell what can be saved. */
  readonly loss: "none" | "some" | "unknown";
  /** What that means for documents, by their ids or by LSNs of the log. */
  readonly effect: string;
  /** What would mend it. */
  readonly remedy: string;
}

/** Of a collection, or of what all collections share. */
export interface FoundDamage extends FileDamage {
  readonly collectionId: string | null;
  readonly collection: string | null;
}

/** A damaged file that an earlier start has put aside; nothing reads it. */
export interface PutAsideFile {
  readonly collection: string;
  readonly file: string;
}

export interface VerificationReport {
  readonly fileCount: number;
  readonly byteCount: number;
  readonly damages: readonly FoundDamage[];
  readonly putAside: readonly PutAsideFile[];
}

export interface Verification {
  readonly id: string;
  readonly state: "running" | "done" | "failed";
  readonly stateReason: string | null;
  /** Share of the bytes that are checked, 0..1. */
  readonly progress: number;
  readonly startedAt: string;
  /** Null until it is done. */
  readonly report: VerificationReport | null;
}
