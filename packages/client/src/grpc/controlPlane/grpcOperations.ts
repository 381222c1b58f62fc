import type { AkiDb, Backup, BackupReport, FoundDamage, Verification, VerificationReport } from "@akidb/base";
import type {
  Backup as BackupMessage,
  BackupReport as BackupReportMessage,
  Verification as VerificationMessage,
  VerificationReport as VerificationReportMessage,
} from "@akidb/protocol/grpc";
import { name, text } from "../fields.ts";
import type { GrpcCalls } from "../grpcCalls.ts";
import { nullsOf } from "../messageFields.ts";
import { sentPart } from "../sentPart.ts";

type Operations = Pick<
  AkiDb,
  "usage" | "startVerification" | "getVerification" | "startBackup" | "getBackup"
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
