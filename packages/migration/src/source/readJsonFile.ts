import { isPlainObject, type JsonObject, type JsonValue } from "@akidb/base";
import type { SourceFiles } from "../adapters/sourceFiles.ts";
import type { FoundFile } from "./findManifests.ts";
import type { Problems } from "./problems.ts";

/** No manifest that fits the limits of a tenant's metadata comes near it. */
export const manifestBytesMax = 1024 * 1024;

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** @returns undefined where the file holds no JSON, which is noted then */
export async function readJsonFile(
  files: SourceFiles,
  { path, bytes }: FoundFile,
  problems: Problems,
): Promise<{ readonly value: JsonValue } | undefined> {
  if (bytes > manifestBytesMax) {
    problems.add(path, "", `is larger than a manifest may be, ${manifestBytesMax} bytes`);
    return undefined;
  }
  try {
    return { value: JSON.parse(utf8.decode(await files.readWhole(path))) };
  } catch (error) {
    if (error instanceof SyntaxError) problems.add(path, "", `is not JSON: ${error.message}`);
    else if (error instanceof TypeError) problems.add(path, "", "is not valid UTF-8");
    else problems.addError("", error);
    return undefined;
  }
}

/** @returns undefined where the file holds no object, which is noted then */
export async function readManifest(
  files: SourceFiles,
  file: FoundFile,
  problems: Problems,
): Promise<JsonObject | undefined> {
  const read = await readJsonFile(files, file, problems);
  return read && asManifest(file.path, read.value, problems);
}

export function asManifest(path: string, value: JsonValue, problems: Problems): JsonObject | undefined {
  if (isPlainObject(value)) return value as JsonObject;
  problems.add(path, "", "must hold one JSON object");
  return undefined;
}
