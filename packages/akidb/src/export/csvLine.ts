import type { FoundColumns } from "@akidb/parquet";
import { documentFields, type VectorForm } from "./jsonLine.ts";

export const exportColumns: readonly string[] = [
  ...["id", "external_id", "vector", "text", "metadata"],
  ...["inserted_at", "updated_at", "version", "expires_at"],
];

export const csvHeader = `${exportColumns.join(",")}\n`;

/**
 * A document as one record of CSV (RFC 4180): vector and metadata as JSON. An empty cell is what the document lacks, and a
 * quoted empty one is an empty text.
 */
export function csvLine(columns: FoundColumns, row: number, form: VectorForm): string {
  const cells = documentFields(columns, row, form).map(([, json]) =>
    typeof json === "string" ? cell(json) : "",
  );
  return `${cells.join(",")}\n`;
}

/** Texts are quoted, whatever they are, so that a reader may tell them from what is not there. */
function cell(json: string): string {
  const text = json.startsWith('"') ? (JSON.parse(json) as string) : json;
  return json.startsWith('"') || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
