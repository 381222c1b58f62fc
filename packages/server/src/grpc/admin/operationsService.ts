import type {
  Backup,
  BackupReport,
  CollectGarbageInput,
  DeadLetter,
  GarbageReport,
  PageRequest,
  StartBackupOptions,
  UsageOptions,
  Verification,
  VerificationReport,
} from "@akidb/base";
import { operations } from "@akidb/database";
import { definedFields } from "@akidb/protocol";
import type {
  Backup as BackupMessage,
  BackupReport as BackupReportMessage,
  CollectGarbageRequest,
  DeadLetter as DeadLetterMessage,
  GarbageReport as GarbageReportMessage,
  OperationsServiceDefinition,
  Verification as VerificationMessage,
  VerificationReport as VerificationReportMessage,
} from "@akidb/protocol/grpc";
import { runOperation } from "../callSession.ts";
import { nullsAbsent } from "../nullsAbsent.ts";
import type { ServiceHandles } from "../service.ts";
import { jobMessage } from "./jobMessage.ts";

export const operationsService: ServiceHandles<typeof OperationsServiceDefinition> = {
  getUsage: async (request, session) =>
    await runOperation(operations.getUsage, definedFields<UsageOptions>(request), session),
  getJob: async (reference, session) => jobMessage(await runOperation(operations.getJob, reference, session)),
  startBackup: async (request, session) => {
    const input = definedFields<StartBackupOptions>(request);
    return backupMessage(await runOperation(operations.startBackup, input, session));
  },
  getBackup: async (reference, session) =>
    backupMessage(await runOperation(operations.getBackup, reference, session)),
  startVerification: async (_request, session) =>
    verificationMessage(await runOperation(operations.startVerification, {}, session)),
  getVerification: async (reference, session) =>
    verificationMessage(await runOperation(operations.getVerification, reference, session)),
  resetCircuitBreakers: async (_request, session) => ({
    circuitBreakers: (await runOperation(operations.resetCircuitBreakers, {}, session)).map(nullsAbsent),
  }),
  listDeadLetters: async (request, session) => {
    const page = definedFields<PageRequest>(request);
    const { items, nextCursor } = await runOperation(operations.listDeadLetters, page, session);
    return { deadLetters: items.map(deadLetterMessage), nextCursor };
  },
  retryDeadLetters: async (reference, session) =>
    await runOperation(operations.retryDeadLetters, reference, session),
  collectGarbage: async (request, session) =>
    garbageReportMessage(await runOperation(operations.collectGarbage, garbageInput(request), session)),
  startGarbageCollection: async (request, session) =>
    jobMessage(await runOperation(operations.startGarbageCollection, garbageInput(request), session)),
  getGarbageReport: async (reference, session) =>
    garbageReportMessage(await runOperation(operations.getGarbageReport, reference, session)),
  cancelGarbageCollection: async (reference, session) =>
    jobMessage(await runOperation(operations.cancelGarbageCollection, reference, session)),
};

const garbageInput = (request: CollectGarbageRequest): CollectGarbageInput =>
  definedFields<CollectGarbageInput>(request);

const garbageReportMessage = ({ items, removedBytes, problems }: GarbageReport): GarbageReportMessage => ({
  garbage: items.map(({ isRemoved, ...item }) => ({ ...item, removed: isRemoved })),
  removedBytes,
  problems: [...problems],
});

const deadLetterMessage = ({ id, ...letter }: DeadLetter): DeadLetterMessage => ({
  ...letter,
  deadLetterId: id,
});

const backupMessage = ({ id, report, ...backup }: Backup): BackupMessage => ({
  ...nullsAbsent(backup),
  backupId: id,
  report: report === null ? undefined : backupReportMessage(report),
});

const backupReportMessage = ({ id, ...report }: BackupReport): BackupReportMessage => ({
  ...report,
  backupId: id,
});

const verificationMessage = ({ id, report, ...verification }: Verification): VerificationMessage => ({
  ...nullsAbsent(verification),
  verificationId: id,
  report: report === null ? undefined : verificationReportMessage(report),
});

const verificationReportMessage = ({
  damages,
  putAside,
  ...counts
}: VerificationReport): VerificationReportMessage => ({
  ...counts,
  damages: damages.map(nullsAbsent),
  putAside: [...putAside],
});
