import type { BackupReport, ErrorCode, FoundDamage, JobKind, QueryExplanation, Tier } from "@akidb/base";

/** What an operator should know, as it happens; whoever opens the database decides where it goes. */
export type LogEvent =
  | {
      readonly kind: "collection_opened";
      readonly collection: string;
      readonly documentCount: number;
      readonly elapsedMs: number;
    }
  | {
      /** Bytes of writes that a crash cut off before they were acknowledged. */
      readonly kind: "torn_tail_dropped";
      readonly collection: string;
      readonly bytes: number;
    }
  | {
      /** A file of the log has lost records that a checkpoint has; an older checkpoint would miss them. */
      readonly kind: "log_damage_covered";
      readonly collection: string;
      readonly file: string;
      readonly firstLsn: number;
      readonly lastLsn: number;
    }
  | {
      /** The file of documents was damaged, or did not have all that the log says. */
      readonly kind: "documents_recovered";
      readonly collection: string;
      readonly reason: string | undefined;
      /** Where the damaged file is now, in the collection's directory. */
      readonly quarantinedAs: string | undefined;
      /** Documents that are gone, because the log does not have them any more. */
      readonly lostCount: number;
    }
  | {
      readonly kind: "collection_damaged";
      readonly collection: string;
      readonly reason: string;
      readonly cause: unknown;
    }
  | {
      /** A file of the log could not be copied to the object store; it stays here, and it is tried again. */
      readonly kind: "archive_failed";
      readonly collection: string;
      readonly file: string;
      readonly cause: unknown;
    }
  | {
      /** Files of an archived log that no snapshot needs any more are still there; it is tried again. */
      readonly kind: "archive_cleanup_failed";
      readonly collection: string;
      readonly cause: unknown;
    }
  | {
      /** It has failed again and again: it is left alone, and asked from time to time whether it is back. */
      readonly kind: "object_store_away";
      readonly reason: string;
    }
  | { readonly kind: "object_store_back" }
  | {
      /** The queue of failed work was damaged: it held nothing that is not elsewhere, and what it named fails anew. */
      readonly kind: "dead_letters_damaged";
      readonly rowCount: number;
      readonly putAsideAs: string | undefined;
    }
  | { readonly kind: "dead_letters_unwritten"; readonly cause: unknown }
  | { readonly kind: "dead_letters_full"; readonly size: number }
  | {
      /** Objects of a collection that is deleted could not be removed from the object store. */
      readonly kind: "objects_left";
      readonly collection: string;
      readonly prefix: string;
      readonly cause: unknown;
    }
  | {
      /** It stays on this machine; what the collection's policy sends is tried again. */
      readonly kind: "snapshot_upload_failed";
      readonly collection: string;
      readonly cause: unknown;
    }
  | {
      /** A collection has other vectors for its texts from now on. */
      readonly kind: "collection_reembedded";
      readonly collection: string;
      readonly model: string | null;
      readonly dimension: number;
      readonly documentCount: number;
    }
  | {
      /** It stays as it is until somebody lets it go on. */
      readonly kind: "reembedding_paused";
      readonly collection: string;
      readonly reason: string;
      readonly cause: unknown;
    }
  | { readonly kind: "snapshot_failed"; readonly collection: string; readonly cause: unknown }
  | {
      /** Of a collection whose files were about to be replaced. */
      readonly kind: "close_failed";
      readonly collection: string;
      readonly cause: unknown;
    }
  | {
      /** The collection is whole without it: it was put aside, and an older one or the log took its place. */
      readonly kind: "checkpoint_damaged";
      readonly collection: string;
      /** Names the file. */
      readonly reason: string;
    }
  | {
      /** Of a checkpoint: it was put aside, and the indexes of metadata are made of the documents again. */
      readonly kind: "payload_damaged";
      readonly collection: string;
      /** Names the file. */
      readonly reason: string;
    }
  | {
      /** It stays in the object store; the next request tries again. */
      readonly kind: "promotion_failed";
      readonly collection: string;
      readonly cause: unknown;
    }
  | {
      /** It stays in its tier, whole; it is tried again. */
      readonly kind: "demotion_failed";
      readonly collection: string;
      readonly cause: unknown;
    }
  | {
      readonly kind: "tier_migrated";
      readonly collection: string;
      readonly fromTier: Tier;
      readonly toTier: Tier;
      readonly elapsedMs: number;
    }
  | {
      /** Of a collection that the catalog calls cold, though they are not what its demotion left; they are left alone. */
      readonly kind: "cold_files_found";
      readonly collection: string;
    }
  | { readonly kind: "tiers_failed"; readonly cause: unknown }
  | {
      /** Nothing is lost: the log grows, and it is tried again. */
      readonly kind: "checkpoint_failed";
      readonly collection: string;
      readonly cause: unknown;
    }
  | {
      /** Dead rows keep their memory until it is tried again. */
      readonly kind: "compaction_failed";
      readonly collection: string;
      readonly cause: unknown;
    }
  | ({
      /** By a verification of a data directory that is open. */
      readonly kind: "damage_found";
    } & FoundDamage)
  | {
      /** Writes, or openings of collections, are refused until memory is free again. */
      readonly kind: "memory_full";
      readonly reason: string;
    }
  | { readonly kind: "memory_free" }
  | {
      /** Of the catalog: it fails its checksum, and what it says is not used. */
      readonly kind: "catalog_row_damaged";
      readonly table: string;
      readonly id: string;
    }
  | {
      /** Files of a collection that the catalog does not know; they are left alone. */
      readonly kind: "orphan_found";
      readonly directory: string;
    }
  | {
      /** Entries of the audit log whose retention has ended, and sessions that have expired. */
      readonly kind: "housekeeping_done";
      readonly auditEntries: number;
      readonly sessions: number;
    }
  | { readonly kind: "housekeeping_failed"; readonly cause: unknown }
  | { readonly kind: "backup_taken"; readonly to: string; readonly report: BackupReport }
  | { readonly kind: "backup_failed"; readonly to: string; readonly cause: unknown }
  | {
      /** Took longer than the operator allows. What was asked for, and what documents say, is not in it. */
      readonly kind: "slow_query";
      readonly requestId: string;
      readonly traceId: string | undefined;
      readonly collection: string;
      readonly elapsedMs: number;
      readonly target: "vector" | "text" | "id" | "vectors" | "fullText";
      readonly topK: number;
      /** How it was answered; undefined where it was not. */
      readonly explanation: QueryExplanation | undefined;
      /** Why it was not. */
      readonly code: ErrorCode | undefined;
    }
  | {
      /** What it has to do is written down: it goes on with the next start, or when it is asked for again. */
      readonly kind: "job_failed";
      readonly job: JobKind;
      readonly id: string;
      readonly cause: unknown;
    }
  | {
      /** A line of the standard error of the program that embeds. */
      readonly kind: "embedding_program_said";
      readonly line: string;
    }
  | { readonly kind: "cleanup_failed"; readonly directory: string; readonly cause: unknown };

export type Log = (event: LogEvent) => void;
