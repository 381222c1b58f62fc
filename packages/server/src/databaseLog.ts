import { assertNever } from "@akidb/base";
import type { LogEvent } from "@akidb/database";
import type { Logger } from "pino";

/** Writes down what the database tells while it works. */
export function logDatabaseEvent(logger: Logger, event: LogEvent): void {
  switch (event.kind) {
    case "collection_opened": {
      const { collection, documentCount, elapsedMs } = event;
      logger.info({ collection, documentCount, ms: Math.round(elapsedMs) }, "collection opened");
      return;
    }
    case "torn_tail_dropped":
      logger.warn(
        { collection: event.collection, bytes: event.bytes },
        "writes that a crash cut off before they were acknowledged were dropped",
      );
      return;
    case "log_damage_covered": {
      const { collection, file, firstLsn, lastLsn } = event;
      logger.error({ collection, file, firstLsn, lastLsn }, "damaged log; a checkpoint has what it lost");
      return;
    }
    case "documents_recovered": {
      const { collection, reason, quarantinedAs, lostCount } = event;
      logger.error({ collection, reason, quarantinedAs, lostCount }, "documents recovered after damage");
      return;
    }
    case "collection_damaged":
      logger.error(
        { collection: event.collection, reason: event.reason, err: event.cause },
        "collection damaged; everything else is served",
      );
      return;
    case "checkpoint_damaged":
      logger.error(
        { collection: event.collection, reason: event.reason },
        "damaged checkpoint put aside; the collection is whole without it",
      );
      return;
    case "payload_damaged":
      logger.error(
        { collection: event.collection, reason: event.reason },
        "damaged indexes of metadata put aside; they are made of the documents again",
      );
      return;
    case "checkpoint_failed":
      logger.warn(
        { collection: event.collection, err: event.cause },
        "checkpoint could not be written; it will be tried again",
      );
      return;
    case "compaction_failed":
      logger.warn(
        { collection: event.collection, err: event.cause },
        "dead rows could not be dropped; they keep their memory, and it will be tried again in a minute",
      );
      return;
    case "archive_failed":
      logger.warn(
        { collection: event.collection, file: event.file, err: event.cause },
        "a file of the log could not be copied to the object store; it stays here, and it is tried again",
      );
      return;
    case "archive_cleanup_failed":
      logger.warn(
        { collection: event.collection, err: event.cause },
        "files of the archived log that are not needed any more could not be removed; it will be tried again",
      );
      return;
    case "object_store_away":
      logger.error(
        { reason: event.reason },
        "the object store is away; what goes there waits on this machine, and everything is served",
      );
      return;
    case "object_store_back":
      logger.info("the object store is back");
      return;
    case "dead_letters_damaged":
      logger.warn(
        { rowCount: event.rowCount, putAsideAs: event.putAsideAs },
        "the dead-letter queue was damaged; nothing is lost: what it named is tried all the same",
      );
      return;
    case "dead_letters_unwritten":
      logger.warn({ err: event.cause }, "the dead-letter queue could not be written; it is kept in memory");
      return;
    case "dead_letters_full":
      logger.error(
        { size: event.size },
        "the dead-letter queue is full; what else fails waits where it is and is tried in rounds",
      );
      return;
    case "objects_left":
      logger.warn(
        { collection: event.collection, prefix: event.prefix, err: event.cause },
        "objects of a deleted collection are left in the object store",
      );
      return;
    case "snapshot_upload_failed":
      logger.warn(
        { collection: event.collection, err: event.cause },
        "a snapshot could not be copied to the object store; it stays here",
      );
      return;
    case "collection_reembedded": {
      const { collection, model, dimension, documentCount } = event;
      logger.info({ collection, model, dimension, documentCount }, "collection re-embedded");
      return;
    }
    case "reembedding_paused":
      logger.warn(
        { collection: event.collection, reason: event.reason, err: event.cause },
        "re-embedding a collection paused; it goes on when somebody resumes it",
      );
      return;
    case "promotion_failed":
      logger.error(
        { collection: event.collection, err: event.cause },
        "a cold collection could not be brought back; it stays in the object store, and the next request tries again",
      );
      return;
    case "demotion_failed":
      logger.warn(
        { collection: event.collection, err: event.cause },
        "a collection could not be moved to the object store; it stays where it is, whole",
      );
      return;
    case "tier_migrated": {
      const { collection, fromTier, toTier, elapsedMs } = event;
      logger.info({ collection, fromTier, toTier, ms: Math.round(elapsedMs) }, "collection changed its tier");
      return;
    }
    case "cold_files_found":
      logger.error(
        { collection: event.collection },
        "the catalog says that a collection is in the object store, and there are files of it that no demotion left",
      );
      return;
    case "tiers_failed":
      logger.warn(
        { err: event.cause },
        "how collections are used could not be written down; it is tried again",
      );
      return;
    case "snapshot_failed":
      logger.error(
        { collection: event.collection, err: event.cause },
        "snapshot failed; nothing is left of it",
      );
      return;
    case "close_failed":
      logger.warn(
        { collection: event.collection, err: event.cause },
        "files that are to be replaced were not closed well",
      );
      return;
    case "damage_found": {
      const { kind: _, ...damage } = event;
      logger.error(damage, "damaged file");
      return;
    }
    case "memory_full":
      logger.error({ reason: event.reason }, "no memory left for the data; writes are refused meanwhile");
      return;
    case "memory_free":
      logger.info("there is memory for writes again");
      return;
    case "catalog_row_damaged":
      logger.error(
        { table: event.table, id: event.id },
        "a row of catalog.db fails its checksum; it is not used",
      );
      return;
    case "orphan_found":
      logger.warn({ directory: event.directory }, "directory of no known collection; it is left alone");
      return;
    case "housekeeping_done":
      logger.info(
        { auditEntries: event.auditEntries, sessions: event.sessions },
        "removed entries of the audit log whose retention has ended, and sessions that have expired",
      );
      return;
    case "housekeeping_failed":
      logger.warn({ err: event.cause }, "housekeeping of the catalog failed; it will be tried again");
      return;
    case "backup_taken":
      logger.info({ to: event.to, ...event.report }, "backup taken");
      return;
    case "backup_failed":
      logger.error({ to: event.to, err: event.cause }, "backup failed; what it sent is used by the next one");
      return;
    case "slow_query": {
      const { kind: _, elapsedMs, explanation, ...query } = event;
      logger.warn({ ...query, ms: Math.round(elapsedMs), ...explanation }, "slow query");
      return;
    }
    case "job_failed":
      logger.error(
        { job: event.job, id: event.id, err: event.cause },
        "job failed; it goes on with the next start, or when it is asked for again",
      );
      return;
    case "embedding_program_said":
      logger.info({ line: event.line }, "the embedding program says");
      return;
    case "cleanup_failed":
      logger.warn({ directory: event.directory, err: event.cause }, "files could not be removed");
      return;
    default:
      assertNever(event);
  }
}
