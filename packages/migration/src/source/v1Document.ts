import {
  type DocumentInput,
  invalidArgument,
  isPlainObject,
  type JsonObject,
  type JsonValue,
  parseId,
} from "@akidb/base";
import type { FieldValue } from "./v1Rows.ts";

type Fields = Readonly<Record<string, FieldValue>>;

const ownFields = ["id", "vector", "metadata"];

/**
 * The document of a row of 1.x. An identifier that is no UUID becomes the external id; a field that 1.x has not becomes
 * metadata.
 *
 * @throws AkiDbError `invalid_argument` that names the field
 */
export function v1Document(fields: Fields): DocumentInput {
  const legacyId = readId(fields);
  const id = parseId(legacyId);
  const metadata = { ...readMetadata(fields), ...readOthers(fields) };
  return {
    ...(id === undefined ? { externalId: legacyId } : { id }),
    // Whether they are numbers, and how many, is the collection's to check.
    vector: readVector(fields) as Float32Array,
    ...(Object.keys(metadata).length > 0 && { metadata }),
  };
}

function readId(fields: Fields): string {
  const value = present(fields, "id");
  if (value === undefined) throw invalidArgument("id", "is missing");
  if (typeof value === "string" && value !== "") return value;
  if (typeof value === "number" && Number.isSafeInteger(value)) return String(value);
  throw invalidArgument("id", "must be text that is not empty, or an integer");
}

function readVector(fields: Fields): unknown {
  const value = present(fields, "vector");
  return value instanceof Float64Array ? Float32Array.from(value) : value;
}

/** In Parquet, an object may be written as JSON. */
function readMetadata(fields: Fields): JsonObject {
  const value = present(fields, "metadata");
  if (value === undefined) return {};
  const object = typeof value === "string" ? parsed(value) : value;
  if (!isPlainObject(object)) throw invalidArgument("metadata", "must be a JSON object");
  return object as JsonObject;
}

function readOthers(fields: Fields): JsonObject {
  const metadata = readMetadata(fields);
  const entries = Object.entries(fields).filter(([name]) => !ownFields.includes(name));
  for (const [name] of entries) {
    if (Object.hasOwn(metadata, name)) throw invalidArgument(name, "is a field of the metadata, too");
  }
  return Object.fromEntries(entries.map(([name, value]) => [name, toJson(value)]));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const toJson = (value: FieldValue): JsonValue =>
  value instanceof Float32Array || value instanceof Float64Array ? Array.from(value) : value;

function present(fields: Fields, name: string): FieldValue | undefined {
  return Object.hasOwn(fields, name) ? (fields[name] ?? undefined) : undefined;
}
