import { limits, splitLines } from "@akidb/base";
import { isJsonObject, parseJson } from "../json/parseJson.ts";
import { decodeUtf8, decodeUtf8Leniently, invalidUtf8, withoutBom } from "./decodeUtf8.ts";
import type { Row } from "./row.ts";

/** One JSON object a line (JSONL, NDJSON), streamed; blank lines are skipped. */
export async function* jsonLinesRows(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Row> {
  for await (const line of splitLines(chunks, limits.lineBytesMax)) {
    const { number } = line;
    if (line.kind === "too long") {
      yield { ok: false, line: number, error: `is longer than ${limits.lineBytesMax} bytes`, row: null };
      continue;
    }
    const row = jsonLineRow(number, number === 1 ? withoutBom(line.bytes) : line.bytes);
    if (row !== undefined) yield row;
  }
}

function jsonLineRow(line: number, bytes: Uint8Array): Row | undefined {
  const text = decodeUtf8(bytes);
  if (text === undefined) return { ok: false, line, error: invalidUtf8, row: decodeUtf8Leniently(bytes) };
  if (text.trim() === "") return undefined;
  const parsed = parseJson(text);
  if (!parsed.ok) return { ok: false, line, error: parsed.error, row: text };
  if (!isJsonObject(parsed.value))
    return { ok: false, line, error: "is not a JSON object", row: parsed.value };
  return { ok: true, line, fields: parsed.value };
}
