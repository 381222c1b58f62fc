import { invalidArgument, limits, parseId } from "@akidb/base";

export const fileFormats = ["csv", "json", "jsonl", "parquet"] as const;
export type FileFormat = (typeof fileFormats)[number];

const formatByExtension: Readonly<Record<string, FileFormat>> = {
  csv: "csv",
  json: "json",
  jsonl: "jsonl",
  ndjson: "jsonl",
  parquet: "parquet",
};

/** @throws AkiDbError `invalid_argument` where the name does not tell */
export function formatOfFile(path: string): FileFormat {
  const extension = /\.([^./\\]+)$/.exec(path)?.[1]?.toLowerCase() ?? "";
  const format = formatByExtension[extension];
  if (format === undefined) {
    throw invalidArgument(
      "--format",
      `the name ${JSON.stringify(path)} does not tell its format; give one of ${fileFormats.join(", ")}`,
    );
  }
  return format;
}

/** `data/My books.csv` → `My_books` */
export function collectionNameOfFile(path: string): string {
  const baseName = path.replace(/^.*[/\\]/, "").replace(/\.[^.]*$/, "");
  const name = baseName
    .replace(/[^A-Za-z0-9_.-]+/g, "_")
    .replace(/^[-.]+/, "")
    .slice(0, limits.collectionNameCharactersMax);
  if (!/[A-Za-z0-9]/.test(name) || parseId(name) !== undefined) {
    throw invalidArgument("--collection", `no name can be made of ${JSON.stringify(path)}; give one`);
  }
  return name;
}
