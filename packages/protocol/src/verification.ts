import type { FileDamage, FoundDamage, PutAsideFile, Verification, VerificationReport } from "@akidb/base";
import Type, { type Static } from "typebox";
import { stringEnum } from "./stringEnum.ts";

const lossNames: readonly FileDamage["loss"][] = ["none", "some", "unknown"];

/** Of every damaged file, wherever it is reported. */
export const damageFields = {
  file: Type.String({
    description:
      "Below the collection's directory, or below the data directory for a file that belongs to no collection.",
    examples: ["wal/00000000000000000001.wal"],
  }),
  problem: Type.String({ description: "What is wrong with it.", examples: ["does not match its checksum"] }),
  loss: stringEnum<FileDamage["loss"]>([...lossNames], {
    description:
      "`none`: what it held is elsewhere, too. `unknown`: the next start will tell what can be saved.",
  }),
  effect: Type.String({ description: "Which documents or LSNs of the log are concerned." }),
  remedy: Type.String({ description: "What would mend it." }),
};

export const damageToWire = ({ file, problem, loss, effect, remedy }: FileDamage): FileDamage => ({
  file,
  problem,
  loss,
  effect,
  remedy,
});

const orNull = (schema: ReturnType<typeof Type.String>) => Type.Union([schema, Type.Null()]);

/** Of a collection, or of what all collections share. */
export const FoundDamageResource = Type.Object({
  collection_id: orNull(Type.String({ format: "uuid" })),
  collection: orNull(Type.String({ description: "Its name." })),
  ...damageFields,
});
export type FoundDamageResource = Static<typeof FoundDamageResource>;

export const foundDamageToWire = ({
  collectionId,
  collection,
  ...damage
}: FoundDamage): FoundDamageResource => ({
  collection_id: collectionId,
  collection,
  ...damageToWire(damage),
});

const Report = Type.Object({
  file_count: Type.Integer({ examples: [42] }),
  byte_count: Type.Integer({ examples: [12_345_678] }),
  damages: Type.Array(FoundDamageResource),
  put_aside: Type.Array(Type.Object({ collection: Type.String(), file: Type.String() }), {
    description: "Damaged files that earlier starts have put aside; nothing reads them.",
  }),
});
export type VerificationReportBody = Static<typeof Report>;

export const VerificationResource = Type.Object(
  {
    verification_id: Type.String({ format: "uuid" }),
    state: stringEnum<Verification["state"]>(["running", "done", "failed"]),
    state_reason: orNull(Type.String()),
    progress: Type.Number({ description: "Share of the bytes that are checked, 0..1." }),
    started_at: Type.String({ format: "date-time" }),
    report: Type.Union([Report, Type.Null()], { description: "Null until it is done." }),
  },
  { $id: "Verification" },
);
export type VerificationResource = Static<typeof VerificationResource>;

export const VerificationPath = Type.Object({
  verification: Type.String({ format: "uuid", description: "The verification's id." }),
});
export type VerificationPath = Static<typeof VerificationPath>;

export const verificationReportToWire = (report: VerificationReport): VerificationReportBody => ({
  file_count: report.fileCount,
  byte_count: report.byteCount,
  damages: report.damages.map(foundDamageToWire),
  put_aside: report.putAside.map(({ collection, file }): PutAsideFile => ({ collection, file })),
});

const reportFromWire = (body: VerificationReportBody): VerificationReport => ({
  fileCount: body.file_count,
  byteCount: body.byte_count,
  damages: body.damages.map(
    ({ collection_id: collectionId, collection, ...damage }): FoundDamage => ({
      collectionId,
      collection,
      ...damageToWire(damage),
    }),
  ),
  putAside: body.put_aside,
});

export const verificationToWire = (verification: Verification): VerificationResource => ({
  verification_id: verification.id,
  state: verification.state,
  state_reason: verification.stateReason,
  progress: verification.progress,
  started_at: verification.startedAt,
  report: verification.report && verificationReportToWire(verification.report),
});

export const verificationFromWire = (resource: VerificationResource): Verification => ({
  id: resource.verification_id,
  state: resource.state,
  stateReason: resource.state_reason,
  progress: resource.progress,
  startedAt: resource.started_at,
  report: resource.report && reportFromWire(resource.report),
});
