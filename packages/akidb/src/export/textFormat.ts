import type { FoundColumns } from "@akidb/parquet";
import { csvHeader, csvLine } from "./csvLine.ts";
import type { ExportFormat } from "./exportFormat.ts";
import { jsonLine, type VectorForm } from "./jsonLine.ts";

/** How documents become a text: one line each, between a beginning and an end. */
export interface TextFormat {
  readonly beginning: string;
  readonly line: (columns: FoundColumns, row: number, form: VectorForm) => string;
  /** Before each line but the first. */
  readonly separator: string;
  readonly end: string;
}

export const textFormats: Readonly<Record<Exclude<ExportFormat, "parquet">, TextFormat>> = {
  jsonl: { beginning: "", line: jsonLine, separator: "", end: "" },
  json: { beginning: "[\n", line: jsonLine, separator: ",", end: "]\n" },
  csv: { beginning: csvHeader, line: csvLine, separator: "", end: "" },
};
