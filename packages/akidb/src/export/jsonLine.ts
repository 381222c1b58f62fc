import { idFromBytes } from "@akidb/base";
import { vectorToWire } from "@akidb/client";
import type { FoundColumns } from "@akidb/parquet";

export const vectorForms = ["numbers", "base64"] as const;
/** Base64 keeps every bit; numbers lose only the sign of a zero. */
export type VectorForm = (typeof vectorForms)[number];

const idBytes = 16;
/** So many decimal digits tell any two 32-bit floats apart (IEEE 754, binary32). */
const digits = 9;

/** A document's fields as the REST API shows them, each as JSON; no text is what it lacks. */
export function documentFields(
  columns: FoundColumns,
  row: number,
  form: VectorForm,
): readonly (readonly [name: string, json: string | null | undefined])[] {
  const { ids, externalIds, vectors, texts, metadata, insertedAtMs, updatedAtMs, versions, rowCount } =
    columns;
  const expiresAtMs = columns.expiresAtMs?.[row] ?? Number.NaN;
  const dimension = vectors.length / rowCount;
  const vector = vectors.subarray(row * dimension, (row + 1) * dimension);
  const externalId = externalIds?.[row] ?? undefined;
  const text = texts?.[row] ?? undefined;
  // JSON by now, and of one line, as JSON.stringify left it.
  const object = metadata?.[row] ?? undefined;
  return [
    ["id", ids && `"${idFromBytes(ids.subarray(row * idBytes, (row + 1) * idBytes))}"`],
    ["external_id", externalId === undefined ? undefined : JSON.stringify(externalId)],
    ["vector", vectorJson(vector, form)],
    ["text", text === undefined ? undefined : JSON.stringify(text)],
    ["metadata", object],
    ["inserted_at", insertedAtMs && `"${new Date(insertedAtMs[row]!).toISOString()}"`],
    ["updated_at", updatedAtMs && `"${new Date(updatedAtMs[row]!).toISOString()}"`],
    ["version", versions && String(versions[row])],
    ["expires_at", Number.isNaN(expiresAtMs) ? undefined : `"${new Date(expiresAtMs).toISOString()}"`],
  ];
}

/** A document as the REST API shows it, in one line. */
export function jsonLine(columns: FoundColumns, row: number, form: VectorForm): string {
  const fields = documentFields(columns, row, form).filter(([, json]) => typeof json === "string");
  return `{${fields.map(([name, json]) => `"${name}":${json}`).join(",")}}\n`;
}

function vectorJson(vector: Float32Array, form: VectorForm): string {
  if (form === "base64") return JSON.stringify(vectorToWire(vector));
  return JSON.stringify(Array.from(vector, (component) => Number(component.toPrecision(digits))));
}
