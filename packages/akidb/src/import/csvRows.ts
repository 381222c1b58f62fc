import { invalidArgument, limits } from "@akidb/base";
import { type CsvError, type Info, parse } from "csv-parse";
import { exportColumns } from "../export/csvLine.ts";
import { parseJson } from "../json/parseJson.ts";
import { decodeUtf8, decodeUtf8Leniently, invalidUtf8, withoutBomAtStart } from "./decodeUtf8.ts";
import type { Fields, Row } from "./row.ts";

const newline = 0x0a;
const carriageReturn = 0x0d;

export interface CsvOptions {
  /** One character. */
  readonly delimiter?: string;
  /** Whether a file with the columns of an export has the values of one, and not texts alone. */
  readonly takesExports?: boolean;
}

/** What a cell is that has nothing in its quotes: an empty text, and not none. */
const quotedNothing = Buffer.alloc(0);

/** A record of the file, not yet a row. */
interface CsvRecord {
  readonly line: number;
  readonly cells: readonly Uint8Array[];
}

/**
 * CSV (RFC 4180) with a header row, streamed; all values are text. Empty lines are skipped, quotes within an unquoted
 * cell are text. A quote that is never closed ends the file with a bad row that says where it was opened.
 *
 */
export async function* csvRows(
  chunks: AsyncIterable<Uint8Array>,
  { delimiter = ",", takesExports = false }: CsvOptions = {},
): AsyncGenerator<Row> {
  let isExport = false;
  let columns: readonly string[] | undefined;
  for await (const record of csvRecords(chunks, delimiter)) {
    if ("ok" in record) yield record;
    else if (columns === undefined) {
      columns = readHeader(record.cells);
      isExport = takesExports && columns.join() === exportColumns.join();
    } else {
      const row = csvRow(record, columns);
      yield isExport && row.ok ? { ...row, fields: exportedFields(row.fields, record.cells) } : row;
    }
  }
}

/**
 * The parser is fed chunk by chunk and its records are taken from its callback, so that no more than one chunk's are
 * held, in the order of the file.
 */
async function* csvRecords(
  chunks: AsyncIterable<Uint8Array>,
  delimiter: string,
): AsyncGenerator<CsvRecord | Extract<Row, { ok: false }>> {
  let records: CsvRecord[] = [];
  let lastLine = 0;
  let countedTwice = 0;
  const parser = parse({
    delimiter,
    // Cells come as bytes (the types say otherwise), so that invalid UTF-8 is seen and not replaced.
    encoding: null,
    record_delimiter: ["\r\n", "\n"],
    relax_quotes: true,
    relax_column_count: true,
    skip_empty_lines: true,
    cast: (value: unknown, { quoting }) =>
      quoting && (value as Uint8Array).length === 0 ? quotedNothing : value,
    max_record_size: limits.lineBytesMax,
    on_record: (record: readonly unknown[], { lines }: Info) => {
      const cells = record as readonly Uint8Array[];
      const { breaks, pairs } = countLineBreaks(cells);
      countedTwice += pairs;
      lastLine = lines - countedTwice;
      records.push({ line: lastLine - breaks, cells });
      return null;
    },
  });
  let failure: CsvError | undefined;
  parser.on("error", (error: CsvError) => {
    failure = error;
  });
  // Nothing arrives there, but a stream that nobody reads does not end.
  parser.resume();
  for await (const chunk of withoutBomAtStart(chunks)) {
    await new Promise<void>((resolve) => {
      parser.write(chunk, () => resolve());
    });
    yield* records;
    records = [];
    if (failure !== undefined) break;
  }
  if (failure === undefined) {
    await new Promise<void>((resolve) => {
      parser.once("close", resolve);
      parser.end();
    });
    yield* records;
  }
  if (failure !== undefined)
    yield { ok: false, line: lastLine + 1, error: describeFailure(failure), row: null };
}

function describeFailure({ code }: CsvError): string {
  switch (code) {
    case "CSV_QUOTE_NOT_CLOSED":
      return "has a quote that is never closed; nothing after it was read";
    case "CSV_MAX_RECORD_SIZE":
      return `is longer than ${limits.lineBytesMax} bytes (a quote that is never closed?); nothing after it was read`;
    default:
      return `cannot be parsed (${code}); nothing after it was read`;
  }
}

/** A cell that is empty without quotes is a field that the document lacks; what is JSON becomes its value. */
function exportedFields(fields: Fields, cells: readonly Uint8Array[]): Fields {
  const entries = Object.entries(fields).filter(([, text], at) => text !== "" || cells[at] === quotedNothing);
  return Object.fromEntries(
    entries.map(([name, text]) => {
      const parsed = exportedAsJson.has(name) ? parseJson(String(text)) : undefined;
      return [name, parsed?.ok ? parsed.value : text];
    }),
  );
}

const exportedAsJson: ReadonlySet<string> = new Set(["vector", "metadata", "version"]);

/** Columns without a name, as pandas writes its index, are called `column_1` and so on by their place. */
function readHeader(cells: readonly Uint8Array[]): readonly string[] {
  const columns = cells.map((cell, index) => {
    const name = decodeUtf8(cell)?.trim();
    if (name === undefined) throw invalidArgument("header", `column ${index + 1} ${invalidUtf8}`);
    return name === "" ? `column_${index + 1}` : name;
  });
  const repeated = columns.find((name, index) => columns.indexOf(name) !== index);
  if (repeated !== undefined) {
    throw invalidArgument("header", `two columns are called ${JSON.stringify(repeated)}; rename one`);
  }
  return columns;
}

function csvRow({ line, cells }: CsvRecord, columns: readonly string[]): Row {
  const values = cells.map(decodeUtf8);
  const bad = (error: string): Row => ({ ok: false, line, error, row: cells.map(decodeUtf8Leniently) });
  if (cells.length !== columns.length) {
    return bad(`has ${cells.length} cells, the header has ${columns.length} columns`);
  }
  const invalid = values.indexOf(undefined);
  if (invalid >= 0) return bad(`${columns[invalid]} ${invalidUtf8}`);
  return {
    ok: true,
    line,
    fields: Object.fromEntries(columns.map((column, index) => [column, values[index] as string])),
  };
}

/** Within cells: all line breaks, and those of CR and LF, which the parser counts as two lines. */
function countLineBreaks(cells: readonly Uint8Array[]): { readonly breaks: number; readonly pairs: number } {
  let breaks = 0;
  let pairs = 0;
  for (const cell of cells) {
    for (let index = 0; index < cell.length; index++) {
      const byte = cell[index];
      if (byte !== carriageReturn && byte !== newline) continue;
      if (byte === newline && cell[index - 1] === carriageReturn) pairs += 1;
      else breaks += 1;
    }
  }
  return { breaks, pairs };
}
