import { type DocumentInput, type JsonObject, parseId } from "@akidb/base";
import { isJsonObject } from "../json/parseJson.ts";
import { type Fields, type FieldValue, isFloats } from "./row.ts";
import { rowVector } from "./rowVector.ts";

const neverAbsent = ["id", "vector", "inserted_at", "updated_at", "version"];
const exportedFields = [...neverAbsent, "external_id", "text", "metadata", "expires_at"];

/**
 * The document of a row that has the fields of an export and no others: nothing of it is looked for by usual names, and
 * an empty text stays. Times and version are the collection's to give, but for the expiry.
 *
 * @returns undefined where the row is none of an export
 */
export function documentOfExport(row: Fields): DocumentInput | undefined {
  const names = Object.keys(row);
  if (!names.every((name) => exportedFields.includes(name))) return undefined;
  if (!neverAbsent.every((name) => names.includes(name))) return undefined;
  const { id, external_id: externalId, text, metadata, version, expires_at: expiresAt } = row;
  const uuid = typeof id === "string" ? parseId(id) : undefined;
  const areTimes = [row["inserted_at"], row["updated_at"]].every(isTime);
  if (uuid === undefined || !areTimes || !Number.isInteger(version)) return undefined;
  if (!isOptionalText(externalId) || !isOptionalText(text) || !isOptionalObject(metadata)) return undefined;
  if (!isOptionalText(expiresAt) || (expiresAt !== undefined && !isTime(expiresAt))) return undefined;
  return {
    id: uuid,
    ...(externalId !== undefined && { externalId }),
    ...(text !== undefined && { text }),
    ...(metadata !== undefined && { metadata }),
    ...(expiresAt !== undefined && { expiresAt }),
    vector: rowVector("vector", row["vector"] as FieldValue),
  };
}

const isTime = (value: FieldValue | undefined): boolean =>
  typeof value === "string" && !Number.isNaN(Date.parse(value));

const isOptionalText = (value: FieldValue | undefined): value is string | undefined =>
  value === undefined || typeof value === "string";

const isOptionalObject = (value: FieldValue | undefined): value is JsonObject | undefined =>
  value === undefined || (!isFloats(value) && isJsonObject(value));
