import type {
  AkiDb,
  Backup,
  BackupReport,
  CircuitState,
  CollectGarbageInput,
  DeadLetter,
  DeadLetterOperation,
  FoundDamage,
  GarbageKind,
  GarbageReport,
  Page,
  Verification,
  VerificationReport,
} from "@akidb/base";
import { definedFields } from "@akidb/protocol";
import type {
  Backup as BackupMessage,
  BackupReport as BackupReportMessage,
  DeadLetter as DeadLetterMessage,
  GarbageReport as GarbageReportMessage,
  Verification as VerificationMessage,
  VerificationReport as VerificationReportMessage,
} from "@akidb/protocol/grpc";
import { name, text, whole64 } from "../fields.ts";
import type { GrpcCalls } from "../grpcCalls.ts";
import { nullsOf } from "../messageFields.ts";
import { sentPart } from "../sentPart.ts";
import { jobOf } from "./grpcJobs.ts";
import { pageOf } from "./grpcTenants.ts";

type Operations = Pick<
  AkiDb,
  | "usage"
  | "startVerification"
  | "getVerification"
  | "startBackup"
  | "getBackup"
  | "resetCircuitBreakers"
  | "deadLetters"
  | "collectGarbage"
  | "garbageCollections"
>;

/** What concerns the server as a whole. */
export const grpcOperations = (calls: GrpcCalls): Operations => ({
  usage: async ({ tenant, ...options } = {}) => {
    const { memory, storage, requests, ...counts } = await calls.send("operations", "getUsage", {
      request: () => ({ tenant: text("tenant", tenant) }),
      repeatable: true,
      options,
    });
    return { ...counts, memory: sentPart(memory), storage: sentPart(storage), requests: sentPart(requests) };
  },

  startVerification: async (options) => {
    const call = { request: () => ({}), repeatable: true, options };
    return verificationOf(await calls.send("operations", "startVerification", call));
  },

  getVerification: async (id, options) => {
    const request = () => ({ verification: name("verification", id) });
    const call = { request, repeatable: true, options };
    return verificationOf(await calls.send("operations", "getVerification", call));
  },

  startBackup: async ({ to, ownerProof, ...options } = {}) => {
    const backup = await calls.send("operations", "startBackup", {
      request: () => ({ to: text("to", to), ownerProof: text("owner_proof", ownerProof) }),
      // Where the first one has begun it, the second finds it.
      repeatable: true,
      options,
    });
    return backupOf(backup);
  },

  getBackup: async (id, options) => {
    const request = () => ({ backup: name("backup", id) });
    return backupOf(await calls.send("operations", "getBackup", { request, repeatable: true, options }));
  },

  resetCircuitBreakers: async (options) => {
    const call = { request: () => ({}), repeatable: true, options };
    const { circuitBreakers } = await calls.send("operations", "resetCircuitBreakers", call);
    return circuitBreakers.map(({ service, state, reason = null }) => ({
      service,
      state: state as CircuitState,
      reason,
    }));
  },

  collectGarbage: async (input, options) => {
    const call = { request: () => garbageRequestOf(input), repeatable: true, options };
    return garbageReportOf(await calls.send("operations", "collectGarbage", call));
  },

  garbageCollections: {
    start: async (input, options) => {
      // Where the first one has begun it, the second finds it.
      const call = { request: () => garbageRequestOf(input), repeatable: true, options };
      return jobOf(await calls.send("operations", "startGarbageCollection", call));
    },

    report: async (id, options) => {
      const call = { request: () => ({ job: name("job", id) }), repeatable: true, options };
      return garbageReportOf(await calls.send("operations", "getGarbageReport", call));
    },

    cancel: async (id, options) => {
      const call = { request: () => ({ job: name("job", id) }), repeatable: false, options };
      return jobOf(await calls.send("operations", "cancelGarbageCollection", call));
    },
  },

  deadLetters: {
    list: async (page, options) => {
      const call = { request: () => pageOf(page), repeatable: true, options };
      const { deadLetters, nextCursor } = await calls.send("operations", "listDeadLetters", call);
      return definedFields<Page<DeadLetter>>({ items: deadLetters.map(deadLetterOf), nextCursor });
    },

    retry: async (id, options) => {
      const request = () => ({ collectionId: name("collection", id) });
      return await calls.send("operations", "retryDeadLetters", { request, repeatable: true, options });
    },
  },
});

const garbageRequestOf = ({ dryRun, olderThanSeconds, unknownCollections }: CollectGarbageInput = {}) => ({
  dryRun,
  olderThanSeconds: whole64("older_than_seconds", olderThanSeconds),
  unknownCollections,
});

const garbageReportOf = ({ garbage, removedBytes, problems }: GarbageReportMessage): GarbageReport => ({
  items: garbage.map(({ kind, removed: isRemoved, ...item }) => ({
    kind: kind as GarbageKind,
    ...item,
    isRemoved,
  })),
  removedBytes,
  problems,
});

const deadLetterOf = ({ deadLetterId: id, operation, ...letter }: DeadLetterMessage): DeadLetter => ({
  id,
  operation: operation as DeadLetterOperation,
  ...letter,
});

const backupOf = ({ backupId: id, report, ...backup }: BackupMessage): Backup =>
  nullsOf<Backup>({ id, ...backup, report: report && backupReportOf(report) });

const backupReportOf = ({ backupId: id, ...report }: BackupReportMessage): BackupReport => ({
  id,
  ...report,
});

const verificationOf = ({ verificationId: id, report, ...verification }: VerificationMessage): Verification =>
  nullsOf<Verification>({ id, ...verification, report: report && verificationReportOf(report) });

const verificationReportOf = (report: VerificationReportMessage): VerificationReport => ({
  ...report,
  damages: report.damages.map((damage) => nullsOf<FoundDamage>(damage)),
});
