import { invalidArgument } from "@akidb/base";

export const exportFormats = ["parquet", "jsonl", "json", "csv"] as const;
export type ExportFormat = (typeof exportFormats)[number];

const formatByExtension: Readonly<Record<string, ExportFormat>> = {
  parquet: "parquet",
  jsonl: "jsonl",
  json: "json",
  ndjson: "jsonl",
  csv: "csv",
};

/** @throws AkiDbError `invalid_argument` where the name does not tell */
export function exportFormatOf(path: string): ExportFormat {
  const format = formatByExtension[/\.([^./\\]+)$/.exec(path)?.[1]?.toLowerCase() ?? ""];
  if (format === undefined) {
    throw invalidArgument(
      "--format",
      `the name ${JSON.stringify(path)} does not tell its format; give one of ${exportFormats.join(", ")}`,
    );
  }
  return format;
}
