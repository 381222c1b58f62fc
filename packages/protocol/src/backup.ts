import type { Backup, BackupReport, StartBackupOptions } from "@akidb/base";
import Type, { type Static } from "typebox";
import { definedFields } from "./definedFields.ts";
import { stringEnum } from "./stringEnum.ts";

export const StartBackupBody = Type.Object(
  {
    to: Type.Optional(
      Type.String({
        description:
          "`s3://bucket/prefix`, or the path of a folder on the server's machine. Default: `backup.to` of the server's " +
          "configuration; another place needs `owner_proof`.",
        examples: ["s3://vault/akidb"],
      }),
    ),
    owner_proof: Type.Optional(
      Type.String({ description: "What the file `OWNER` in the server's data directory says." }),
    ),
  },
  { $id: "StartBackup", additionalProperties: false, examples: [{}] },
);
export type StartBackupBody = Static<typeof StartBackupBody>;

const Report = Type.Object({
  backup_id: Type.String({ format: "uuid" }),
  created_at: Type.String({ format: "date-time", examples: ["2026-01-31T09:30:00.000Z"] }),
  collection_count: Type.Integer(),
  document_count: Type.Integer(),
  total_bytes: Type.Integer({ description: "Of all that the backup consists of." }),
  sent_bytes: Type.Integer({ description: "Of what no earlier backup there had." }),
});
export type BackupReportBody = Static<typeof Report>;

const orNull = (schema: ReturnType<typeof Type.String>, description: string) =>
  Type.Union([schema, Type.Null()], { description });

export const BackupResource = Type.Object(
  {
    backup_id: Type.String({ format: "uuid" }),
    state: stringEnum<Backup["state"]>(["running", "done", "failed"]),
    state_reason: orNull(Type.String(), "Null unless failed."),
    to: Type.String({ description: "The place that it goes to." }),
    progress: Type.Number({ description: "Share of the work that is done, 0..1." }),
    collection: orNull(Type.String(), "The collection that is copied now; null between two of them."),
    copied_bytes: Type.Integer({
      description: "Of the files that are there by now, sent by this backup or by an earlier one.",
    }),
    started_at: Type.String({ format: "date-time" }),
    report: Type.Union([Report, Type.Null()], { description: "Null until it is done." }),
  },
  { $id: "Backup" },
);
export type BackupResource = Static<typeof BackupResource>;

export const BackupPath = Type.Object({
  backup: Type.String({ format: "uuid", description: "The backup's id." }),
});
export type BackupPath = Static<typeof BackupPath>;

export const startBackupToWire = ({ to, ownerProof }: StartBackupOptions): StartBackupBody =>
  definedFields<StartBackupBody>({ to, owner_proof: ownerProof });

export const startBackupFromWire = ({ to, owner_proof }: StartBackupBody): StartBackupOptions =>
  definedFields<StartBackupOptions>({ to, ownerProof: owner_proof });

export const backupReportToWire = (report: BackupReport): BackupReportBody => ({
  backup_id: report.id,
  created_at: report.createdAt,
  collection_count: report.collectionCount,
  document_count: report.documentCount,
  total_bytes: report.totalBytes,
  sent_bytes: report.sentBytes,
});

const reportFromWire = (body: BackupReportBody): BackupReport => ({
  id: body.backup_id,
  createdAt: body.created_at,
  collectionCount: body.collection_count,
  documentCount: body.document_count,
  totalBytes: body.total_bytes,
  sentBytes: body.sent_bytes,
});

export const backupToWire = (backup: Backup): BackupResource => ({
  backup_id: backup.id,
  state: backup.state,
  state_reason: backup.stateReason,
  to: backup.to,
  progress: backup.progress,
  collection: backup.collection,
  copied_bytes: backup.copiedBytes,
  started_at: backup.startedAt,
  report: backup.report && backupReportToWire(backup.report),
});

export const backupFromWire = (resource: BackupResource): Backup => ({
  id: resource.backup_id,
  state: resource.state,
  stateReason: resource.state_reason,
  to: resource.to,
  progress: resource.progress,
  collection: resource.collection,
  copiedBytes: resource.copied_bytes,
  startedAt: resource.started_at,
  report: resource.report && reportFromWire(resource.report),
});
