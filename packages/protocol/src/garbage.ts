import { type CollectGarbageInput, type GarbageItem, type GarbageReport, garbageKinds } from "@akidb/base";
import Type, { type Static } from "typebox";
import { definedFields } from "./definedFields.ts";
import { stringEnum } from "./stringEnum.ts";

export const CollectGarbageBody = Type.Object(
  {
    dry_run: Type.Optional(Type.Boolean({ description: "Only looks. Default: true." })),
    older_than_seconds: Type.Optional(
      Type.Integer({
        description:
          "What was modified later is left alone: it may be in the making. At least 3,600. Default: 86,400.",
        examples: [86_400],
      }),
    ),
    unknown_collections: Type.Optional(
      Type.Boolean({
        description:
          "Removes objects of collections that this server does not know, too: only where no other server uses the same bucket " +
          "and prefix. Default: false.",
      }),
    ),
  },
  { $id: "CollectGarbage", additionalProperties: false, examples: [{ dry_run: true }] },
);
export type CollectGarbageBody = Static<typeof CollectGarbageBody>;

const Item = Type.Object({
  kind: stringEnum(garbageKinds, {
    description:
      "`orphan_directory`: files of a collection that the catalog does not know. `stale_file`: what a crash left of a file, a snapshot or " +
      "a collection in the making. `unwanted_generation`: files with vectors of another model, which no row of the catalog wants, and " +
      "nobody has written for a week; `unwanted_generation_log`: their archived log. `unnamed_log_objects`: of an archived log, not in " +
      "its manifest. `snapshot_without_manifest`: of a snapshot that was never whole, or is deleted. `unfinished_upload`: parts of " +
      "objects that were never completed. `unknown_collection`: of a collection that this server does not know.",
  }),
  name: Type.String({ description: "Below the data directory, or the prefix of keys in the object store." }),
  bytes: Type.Integer(),
  count: Type.Integer({ description: "Files, objects, or uploads." }),
  modified_at: Type.String({ format: "date-time", description: "Of the newest of them." }),
  removed: Type.Boolean(),
});

export const GarbageReportResource = Type.Object(
  {
    garbage: Type.Array(Item, { description: "By kind and name." }),
    removed_bytes: Type.Integer(),
    problems: Type.Array(Type.String(), {
      description: "What could not be looked at, or removed, and why; all of it is left alone.",
    }),
  },
  { $id: "GarbageReport" },
);
export type GarbageReportResource = Static<typeof GarbageReportResource>;

export const collectGarbageToWire = (input: CollectGarbageInput): CollectGarbageBody =>
  definedFields<CollectGarbageBody>({
    dry_run: input.dryRun,
    older_than_seconds: input.olderThanSeconds,
    unknown_collections: input.unknownCollections,
  });

export const collectGarbageFromWire = (body: CollectGarbageBody): CollectGarbageInput =>
  definedFields<CollectGarbageInput>({
    dryRun: body.dry_run,
    olderThanSeconds: body.older_than_seconds,
    unknownCollections: body.unknown_collections,
  });

export const garbageReportToWire = ({
  items,
  removedBytes,
  problems,
}: GarbageReport): GarbageReportResource => ({
  garbage: items.map(({ modifiedAt, isRemoved, ...item }) => ({
    ...item,
    modified_at: modifiedAt,
    removed: isRemoved,
  })),
  removed_bytes: removedBytes,
  problems: [...problems],
});

export const garbageReportFromWire = (resource: GarbageReportResource): GarbageReport => ({
  items: resource.garbage.map(
    ({ modified_at: modifiedAt, removed: isRemoved, ...item }): GarbageItem => ({
      ...item,
      modifiedAt,
      isRemoved,
    }),
  ),
  removedBytes: resource.removed_bytes,
  problems: resource.problems,
});
