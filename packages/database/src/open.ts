import {
  type AkiDb,
  type Collection,
  type Deadline,
  deadlineAfter,
  ingestDocuments,
  noDeadline,
  scrollDocuments,
  systemClock,
} from "@akidb/base";
import { ownProcess } from "./access/caller.ts";
import type { Database } from "./database.ts";
import { accessInProcess } from "./inProcess/access.ts";
import { auditLog } from "./inProcess/auditLog.ts";
import type { Execute } from "./inProcess/execute.ts";
import { inProcessReembedding } from "./inProcess/inProcessReembedding.ts";
import { inProcessTenancy } from "./inProcess/inProcessTenancy.ts";
import { policies } from "./inProcess/policies.ts";
import { type OpenDatabaseOptions, openDatabase } from "./openDatabase.ts";
import { operations } from "./operations/operations.ts";

export interface OpenOptions extends Omit<OpenDatabaseOptions, "directory" | "command"> {
  /** The data directory; created if absent. One process has it at a time. */
  readonly path: string;
  /** How this process is called where another one finds the directory in use. */
  readonly command?: string;
}

/**
 * A database in this process, without a server: the calling thread writes, searches and answers. Resolves when every
 * collection is loaded.
 *
 * @example
 * const db = await open({ path: "./data" });
 * await db.createCollection({ name: "notes" });
 * await db.collection("notes").upsert([{ text: "The quick brown fox" }]);
 * const { matches } = await db.collection("notes").query({ text: "brown foxes" });
 * await db.close();
 */
export async function open({ path, command = "open()", ...options }: OpenOptions): Promise<AkiDb> {
  const database = await openDatabase({ ...options, directory: path, command });
  await database.loaded();
  return inProcess(database);
}

/** @param chosen the name or id of a database; that called `default` if undefined */
function inProcess(database: Database, chosen?: string): AkiDb {
  const execute: Execute = async (operation, input, { signal, timeoutMs } = {}) => {
    using deadline: Deadline & Disposable =
      timeoutMs === undefined
        ? { ...noDeadline(signal), [Symbol.dispose]: () => {} }
        : deadlineAfter(systemClock, timeoutMs, signal);
    return await database.execute(operation, input, {
      requestId: "in-process",
      deadline,
      caller: ownProcess,
      database: chosen,
    });
  };
  return {
    createCollection: (input, options) => execute(operations.createCollection, input, options),
    listCollections: (page = {}, options) => execute(operations.listCollections, page, options),
    getCollection: (collection, options) => execute(operations.getCollection, { collection }, options),
    updateCollection: (collection, changes, options) =>
      execute(operations.updateCollection, { ...changes, collection }, options),
    deleteCollection: (collection, options) => execute(operations.deleteCollection, { collection }, options),
    collection: (nameOrId) => {
      const collection: Collection = {
        nameOrId,
        reembedding: inProcessReembedding(execute, nameOrId),
        upsert: (documents, { atomic = false, ...options } = {}) =>
          execute(operations.upsertDocuments, { collection: nameOrId, documents, atomic }, options),
        ingest: (documents, options) => ingestDocuments(collection.upsert, documents, options),
        get: (id, { include, ...options } = {}) =>
          execute(
            operations.getDocument,
            { collection: nameOrId, id, ...(include !== undefined && { include }) },
            options,
          ),
        patch: (id, change, { ifVersion, ...options } = {}) =>
          execute(
            operations.patchDocument,
            { ...change, collection: nameOrId, id, ...(ifVersion !== undefined && { ifVersion }) },
            options,
          ),
        patchMany: (patches, { atomic = false, ...options } = {}) =>
          execute(operations.patchDocuments, { collection: nameOrId, patches, atomic }, options),
        delete: (id, { ifVersion, ...options } = {}) =>
          execute(
            operations.deleteDocument,
            { collection: nameOrId, id, ...(ifVersion !== undefined && { ifVersion }) },
            options,
          ),
        query: (input, options) => execute(operations.query, { ...input, collection: nameOrId }, options),
        queryBatch: (queries, options) =>
          execute(operations.queryBatch, { collection: nameOrId, queries }, options),
        scroll: (input, options) => scrollDocuments(collection.scrollPage, input, options),
        scrollPage: (input, options) =>
          execute(operations.scroll, { ...input, collection: nameOrId }, options),
        count: (input, options) => execute(operations.count, { ...input, collection: nameOrId }, options),
        facets: (input, options) => execute(operations.facets, { ...input, collection: nameOrId }, options),
        getMany: (input, options) =>
          execute(operations.getDocuments, { ...input, collection: nameOrId }, options),
        deleteMany: (input, options) =>
          execute(operations.deleteDocuments, { ...input, collection: nameOrId }, options),
        createSnapshot: ({ wait = true, upload = false, ...options } = {}) =>
          execute(operations.createSnapshot, { collection: nameOrId, wait, upload }, options),
        listSnapshots: (options) => execute(operations.listSnapshots, { collection: nameOrId }, options),
        deleteSnapshot: (snapshot, options) =>
          execute(operations.deleteSnapshot, { collection: nameOrId, snapshot }, options),
        restoreSnapshot: (snapshot, { into, untilLsn, untilTime, ...options } = {}) =>
          execute(
            operations.restoreSnapshot,
            {
              collection: nameOrId,
              snapshot,
              ...(into !== undefined && { into }),
              ...(untilLsn !== undefined && { untilLsn }),
              ...(untilTime !== undefined && { untilTime }),
            },
            options,
          ),
        downloadSnapshot: (snapshot, options) =>
          execute(operations.downloadSnapshot, { collection: nameOrId, snapshot }, options),
        getTier: (options) => execute(operations.getTier, { collection: nameOrId }, options),
        changeTier: (action, { wait = true, ...options } = {}) =>
          execute(operations.changeTier, { collection: nameOrId, action, wait }, options),
      };
      // Metadata is what the caller put in; the type says what that was.
      return collection as never;
    },
    database: (nameOrId) => inProcess(database, nameOrId),
    ...inProcessTenancy(execute),
    embed: (input, options) => execute(operations.embed, input, options),
    models: {
      list: (options) => execute(operations.listModels, {}, options),
      get: (model, options) => execute(operations.getModel, { model }, options),
      switchTo: (model, options) => execute(operations.switchModel, { model }, options),
    },
    policies: policies(execute),
    usage: ({ tenant, ...options } = {}) =>
      execute(operations.getUsage, tenant === undefined ? {} : { tenant }, options),
    tierMetrics: (options) => execute(operations.getTierMetrics, {}, options),
    auditLog: auditLog(execute),
    startVerification: (options) => execute(operations.startVerification, {}, options),
    getVerification: (verification, options) =>
      execute(operations.getVerification, { verification }, options),
    startBackup: ({ to, ...options } = {}) =>
      execute(
        operations.startBackup,
        { ownerProof: database.ownerProof, ...(to !== undefined && { to }) },
        options,
      ),
    getBackup: (backup, options) => execute(operations.getBackup, { backup }, options),
    resetCircuitBreakers: (options) => execute(operations.resetCircuitBreakers, {}, options),
    collectGarbage: (input = {}, options) => execute(operations.collectGarbage, input, options),
    garbageCollections: {
      start: (input = {}, options) => execute(operations.startGarbageCollection, input, options),
      report: (job, options) => execute(operations.getGarbageReport, { job }, options),
      cancel: (job, options) => execute(operations.cancelGarbageCollection, { job }, options),
    },
    deadLetters: {
      list: (page = {}, options) => execute(operations.listDeadLetters, page, options),
      retry: (collectionId, options) => execute(operations.retryDeadLetters, { collectionId }, options),
    },
    ...accessInProcess(execute),
    close: () => database.close(),
  };
}
