import {
  type RestoreOptions,
  type SnapshotInfo,
  type SnapshotList as SnapshotListing,
  type SnapshotLocation,
  type SnapshotOrigin,
  snapshotLocations,
  snapshotOrigins,
} from "@akidb/base";
import Type, { type Static } from "typebox";
import { definedFields } from "./definedFields.ts";
import { CollectionPath } from "./pathParameters.ts";
import { stringEnum } from "./stringEnum.ts";

export const SnapshotPath = Type.Object({
  ...CollectionPath.properties,
  snapshot: Type.String({ format: "uuid", description: "The snapshot's id." }),
});
export type SnapshotPath = Static<typeof SnapshotPath>;

export const CreateSnapshotBody = Type.Object(
  {
    wait: Type.Optional(
      Type.Boolean({
        description:
          "Whether to answer when the snapshot is ready, instead of when it is begun; it goes on where the request ends before. Default: true.",
      }),
    ),
    upload: Type.Optional(
      Type.Boolean({
        description:
          "Whether to send it to the object store before it is ready, whatever the collection's sync policy says; " +
          "its tiering policy must not be `memory`. Default: false.",
      }),
    ),
  },
  { $id: "CreateSnapshot", additionalProperties: false, examples: [{}] },
);
export type CreateSnapshotBody = Static<typeof CreateSnapshotBody>;

export const RestoreSnapshotBody = Type.Object(
  {
    into: Type.Optional(
      Type.String({
        description: "Name of a new collection. Default: the collection itself becomes what it was.",
        examples: ["books-of-monday"],
      }),
    ),
    until_lsn: Type.Optional(
      Type.Integer({
        description:
          "What came behind the snapshot, too, up to this LSN, which is included; from the log on the machine and its archive.",
        examples: [1_033],
      }),
    ),
    until_time: Type.Optional(
      Type.String({
        description:
          "The same up to a time, which is included; ISO 8601 with its zone. Not with `until_lsn`.",
        examples: ["2026-01-31T09:30:00.000Z"],
      }),
    ),
  },
  { $id: "RestoreSnapshot", additionalProperties: false, examples: [{}] },
);
export type RestoreSnapshotBody = Static<typeof RestoreSnapshotBody>;

const orNull = <Schema extends Parameters<typeof Type.Union>[0][number]>(
  schema: Schema,
  description: string,
) => Type.Union([schema, Type.Null()], { description });

export const SnapshotResource = Type.Object(
  {
    snapshot_id: Type.String({ format: "uuid" }),
    collection_id: Type.String({ format: "uuid" }),
    state: stringEnum<SnapshotInfo["state"]>(["creating", "ready", "failed", "damaged"], {
      description:
        "`creating`: not to be restored yet. `failed`: it could not be made, and is forgotten with the next one. " +
        "`damaged`: a file of it is missing or not what was written.",
    }),
    state_reason: orNull(Type.String(), "Null unless failed or damaged."),
    origin: orNull(
      stringEnum<SnapshotOrigin>(snapshotOrigins),
      "Whether somebody asked for it or it was made by the schedule; null where it is too damaged to tell.",
    ),
    location: stringEnum<SnapshotLocation>(snapshotLocations, {
      description: "Where it is: on the server's machine, in the object store, or both.",
    }),
    progress: orNull(Type.Number(), "Share of the documents written, 0..1; null unless creating."),
    created_at: Type.String({ format: "date-time", examples: ["2026-01-31T09:30:00.000Z"] }),
    lsn: orNull(
      Type.Integer(),
      "Every write up to this one of the collection's log is in it, and none after. Null until that is decided.",
    ),
    document_count: orNull(Type.Integer(), "Null while creating."),
    size_bytes: orNull(
      Type.Integer(),
      "Of its files; parts that it shares with the collection take no room of their own. Null while creating.",
    ),
  },
  { $id: "Snapshot" },
);
export type SnapshotResource = Static<typeof SnapshotResource>;

export const SnapshotList = Type.Object({
  snapshots: Type.Array(SnapshotResource, { description: "Oldest first." }),
  object_store_problem: orNull(
    Type.String(),
    "Why the object store could not be asked: then only snapshots on the server's machine are listed. Null where it was, or " +
      "the collection keeps nothing there.",
  ),
});
export type SnapshotList = Static<typeof SnapshotList>;

export const parquetContentType = "application/vnd.apache.parquet";

export const ParquetFile = Type.Unsafe<Uint8Array>(
  Type.String({ format: "binary", description: "A Parquet file; vectors are lists of floats." }),
);

export const createSnapshotToWire = (options: {
  readonly wait?: boolean;
  readonly upload?: boolean;
}): CreateSnapshotBody => definedFields<CreateSnapshotBody>({ wait: options.wait, upload: options.upload });

export const restoreSnapshotToWire = (options: RestoreOptions): RestoreSnapshotBody =>
  definedFields<RestoreSnapshotBody>({
    into: options.into,
    until_lsn: options.untilLsn,
    until_time: options.untilTime,
  });

export const restoreSnapshotFromWire = (body: RestoreSnapshotBody): RestoreOptions =>
  definedFields<RestoreOptions>({ into: body.into, untilLsn: body.until_lsn, untilTime: body.until_time });

export const snapshotToWire = (info: SnapshotInfo): SnapshotResource => ({
  snapshot_id: info.id,
  collection_id: info.collectionId,
  state: info.state,
  state_reason: info.stateReason,
  origin: info.origin,
  location: info.location,
  progress: info.progress,
  created_at: info.createdAt,
  lsn: info.lsn,
  document_count: info.documentCount,
  size_bytes: info.sizeBytes,
});

export const snapshotFromWire = (resource: SnapshotResource): SnapshotInfo => ({
  id: resource.snapshot_id,
  collectionId: resource.collection_id,
  state: resource.state,
  stateReason: resource.state_reason,
  origin: resource.origin,
  location: resource.location,
  progress: resource.progress,
  createdAt: resource.created_at,
  lsn: resource.lsn,
  documentCount: resource.document_count,
  sizeBytes: resource.size_bytes,
});

export const snapshotListToWire = ({ items, objectStoreProblem }: SnapshotListing): SnapshotList => ({
  snapshots: items.map(snapshotToWire),
  object_store_problem: objectStoreProblem,
});

export const snapshotListFromWire = (list: SnapshotList): SnapshotListing => ({
  items: list.snapshots.map(snapshotFromWire),
  objectStoreProblem: list.object_store_problem,
});
