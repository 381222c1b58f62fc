import { limits } from "@akidb/base";
import { formatFieldPath } from "../filter/fieldPath.ts";
import type { PayloadIndexOptions } from "../payload/payloadIndex.ts";
import type { OpenCollectionOptions } from "./openCollectionOptions.ts";

/** Of the payload index of a collection. */
export const payloadOptions = ({
  declaredFields = [],
  indexedFieldsMax = limits.indexedFieldsMax,
}: Pick<OpenCollectionOptions, "declaredFields" | "indexedFieldsMax">): PayloadIndexOptions => ({
  fieldsMax: indexedFieldsMax,
  distinctMax: limits.indexedDistinctMax,
  ...(declaredFields.length > 0 && {
    declared: Object.fromEntries(declaredFields.map(({ path, type }) => [formatFieldPath(path), type])),
  }),
});
