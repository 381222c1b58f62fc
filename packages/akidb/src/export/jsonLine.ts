import { idFromBytes } from "@akidb/base";
import { vectorToWire } from "@akidb/client";
import type { FoundColumns } from "@akidb/parquet";

export const vectorForms = ["numbers", "base64"] as const;
/** Base64 keeps every bit; numbers lose only the sign of a zero. */
export type VectorForm = (typeof vectorForms)[number];

const idBytes = 16;
/** So many decimal digits tell any two 32-bit floats apart (IEEE 754, binary32). */
const digits = 9;

/** A document as the REST API shows it, in one line; what it lacks is left out. */
export function jsonLine(columns: FoundColumns, row: number, form: VectorForm): string {
  const { ids, externalIds, vectors, texts, metadata, insertedAtMs, updatedAtMs, versions, rowCount } =
    columns;
  const expiresAtMs = columns.expiresAtMs?.[row] ?? Number.NaN;
  const dimension = vectors.length / rowCount;
  const vector = vectors.subarray(row * dimension, (row + 1) * dimension);
  const externalId = externalIds?.[row] ?? undefined;
  const text = texts?.[row] ?? undefined;
  // JSON by now, and of one line, as JSON.stringify left it.
  const object = metadata?.[row] ?? undefined;
  const fields = [
    ids && `"id":"${idFromBytes(ids.subarray(row * idBytes, (row + 1) * idBytes))}"`,
    externalId !== undefined && `"external_id":${JSON.stringify(externalId)}`,
    `"vector":${vectorJson(vector, form)}`,
    text !== undefined && `"text":${JSON.stringify(text)}`,
    object !== undefined && `"metadata":${object}`,
    insertedAtMs && `"inserted_at":"${new Date(insertedAtMs[row]!).toISOString()}"`,
    updatedAtMs && `"updated_at":"${new Date(updatedAtMs[row]!).toISOString()}"`,
    versions && `"version":${versions[row]}`,
    !Number.isNaN(expiresAtMs) && `"expires_at":"${new Date(expiresAtMs).toISOString()}"`,
  ];
  return `{${fields.filter((field) => typeof field === "string").join(",")}}\n`;
}

function vectorJson(vector: Float32Array, form: VectorForm): string {
  if (form === "base64") return JSON.stringify(vectorToWire(vector));
  return JSON.stringify(Array.from(vector, (component) => Number(component.toPrecision(digits))));
}
