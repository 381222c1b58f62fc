import {
  type FieldViolation,
  invalidArgument,
  invalidArguments,
  isPlainObject,
  type JsonObject,
  limits,
  type PayloadFieldType,
  type PayloadIndexInfo,
  payloadFieldTypes,
} from "@akidb/base";
import { type DeclaredField, type FieldIndexInfo, type PayloadStats, parseFieldPath } from "@akidb/engine";

/** @throws AkiDbError `invalid_argument` that names every field that cannot be declared so */
export function checkPayloadIndexes(input: unknown): Readonly<Record<string, PayloadFieldType>> {
  if (!isPlainObject(input)) {
    throw invalidArgument(
      "payload_indexes",
      'must be an object of paths and types, such as {"year": "number"}',
    );
  }
  const fields = Object.entries(input);
  if (fields.length > limits.declaredFieldsMax) {
    throw invalidArgument(
      "payload_indexes",
      `declares ${fields.length} fields; at most ${limits.declaredFieldsMax}`,
    );
  }
  const violations: FieldViolation[] = [];
  for (const [field, type] of fields) {
    const path = `payload_indexes.${field}`;
    if (parseFieldPath(field) === undefined) {
      violations.push({
        path,
        detail: "is not a path of keys joined by dots; a dot within a key is written \\.",
      });
    }
    if (!payloadFieldTypes.includes(type as PayloadFieldType)) {
      violations.push({ path, detail: `must be one of ${payloadFieldTypes.join(", ")}` });
    }
  }
  if (violations.length > 0) throw invalidArguments(violations);
  return Object.fromEntries(fields) as Record<string, PayloadFieldType>;
}

/** @param payloadIndexes as the catalog has them */
export const declaredFieldsOf = (payloadIndexes: JsonObject): readonly DeclaredField[] =>
  Object.entries(payloadIndexes).map(([field, type]) => ({
    path: parseFieldPath(field)!,
    type: type as PayloadFieldType,
  }));

/** @param stats undefined where the collection is not open */
export function payloadIndexInfos(
  payloadIndexes: JsonObject,
  stats: PayloadStats | undefined,
): readonly PayloadIndexInfo[] {
  if (stats !== undefined) return stats.fields.map(infoOf);
  return Object.entries(payloadIndexes).map(([field, type]) => ({
    field,
    type: type as PayloadFieldType,
    documentCount: 0,
    memoryBytes: 0,
    notice: null,
  }));
}

const infoOf = ({ field, type, documentCount, memoryBytes, isHashed }: FieldIndexInfo): PayloadIndexInfo => ({
  field,
  type,
  documentCount,
  memoryBytes,
  notice: isHashed
    ? `has more than ${limits.indexedDistinctMax.toLocaleString("en")} different texts and is indexed for equality ` +
      "alone: words, prefixes and ranges of texts are looked up in the documents"
    : null,
});

export const payloadNotice = (stats: PayloadStats | undefined, indexedFieldsMax: number): string | null =>
  stats?.isFull
    ? `there were more than ${indexedFieldsMax} fields (limits.max_indexed_fields): filters on the others read the documents`
    : null;
