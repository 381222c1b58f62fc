import type { AuditPosition } from "@akidb/base";

export interface VerifiedAuditLog {
  readonly entryCount: number;
  /** The last entry whose retention has ended; sequence 0 for none. */
  readonly anchor: AuditPosition;
  readonly head: AuditPosition;
  /** The first of them. */
  readonly problems: readonly AuditProblem[];
  readonly problemCount: number;
}

export interface AuditProblem {
  /** The first entry that it is about. */
  readonly sequence: number;
  /** `has been changed` */
  readonly problem: string;
}
