import { invalidArgument, type JsonValue } from "@akidb/base";
import { isJsonObject, parseJson } from "../json/parseJson.ts";
import { decodeUtf8, invalidUtf8, withoutBom } from "./decodeUtf8.ts";
import type { Row } from "./row.ts";

/** JSON is parsed as a whole, which takes several times its size in memory. */
export const jsonFileBytesMax = 256 * 1024 * 1024;

/** An array of objects, or `{"documents": […]}`. */
export async function* jsonRows(
  chunks: AsyncIterable<Uint8Array>,
  fileBytesMax = jsonFileBytesMax,
): AsyncGenerator<Row> {
  const documents = documentsOf(await readWhole(chunks, fileBytesMax));
  for (const [index, fields] of documents.entries()) {
    const line = index + 1;
    yield isJsonObject(fields)
      ? { ok: true, line, fields }
      : { ok: false, line, error: "is not a JSON object", row: fields };
  }
}

async function readWhole(chunks: AsyncIterable<Uint8Array>, fileBytesMax: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > fileBytesMax) {
      throw invalidArgument(
        "",
        `is longer than ${fileBytesMax} bytes, the most for JSON, which is read as a whole; write one document a line (JSONL), which may be of any length`,
      );
    }
    parts.push(chunk);
  }
  return Buffer.concat(parts);
}

function documentsOf(bytes: Uint8Array): readonly JsonValue[] {
  const text = decodeUtf8(withoutBom(bytes));
  if (text === undefined) throw invalidArgument("", invalidUtf8);
  const parsed = parseJson(text);
  if (!parsed.ok) throw invalidArgument("", parsed.error);
  const documents = isJsonObject(parsed.value) ? parsed.value["documents"] : parsed.value;
  if (!Array.isArray(documents)) {
    throw invalidArgument(
      "",
      'must be an array of documents, or an object with such an array as "documents"',
    );
  }
  return documents;
}
