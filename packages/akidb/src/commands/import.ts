import {
  type ChunkBoundary,
  type Chunking,
  type CreateCollectionInput,
  chunkBoundaries,
  invalidArgument,
  limits,
  type Metric,
  metrics,
  type Quantization,
  quantizations,
} from "@akidb/base";
import type { Command } from "commander";
import type { Cli } from "../cli.ts";
import { partialExitCode } from "../exitCodes.ts";
import { stdinPath } from "../files.ts";
import type { FieldMapping } from "../import/fieldMapping.ts";
import { collectionNameOfFile, type FileFormat, fileFormats, formatOfFile } from "../import/fileFormat.ts";
import { type ImportRequest, type ImportSummary, importFile } from "../import/importFile.ts";
import { jsonFileBytesMax } from "../import/jsonRows.ts";
import { addDatabaseOptions, type ConnectionFlags } from "../target/connectionOptions.ts";
import { withTarget } from "../target/openTarget.ts";
import { formatCount } from "../terminal/formatNumber.ts";
import { paintIf } from "../terminal/paint.ts";
import { renderTable, tableWidth } from "../terminal/table.ts";
import { examples } from "./examples.ts";
import { commaSeparated, oneOf, wholeNumber } from "./parseOption.ts";
import { printJson } from "./printJson.ts";

interface ImportFlags extends ConnectionFlags {
  readonly collection?: string;
  readonly dimension?: number;
  readonly metric?: Metric;
  readonly embeddingModel?: string;
  readonly quantization?: Quantization;
  readonly format?: FileFormat;
  readonly delimiter: string;
  readonly map?: FieldMapping;
  readonly textFields?: readonly string[];
  readonly metadataFields?: readonly string[];
  readonly strings?: true;
  readonly chunkSize?: number;
  readonly chunkOverlap?: number;
  readonly chunkBy?: ChunkBoundary;
  readonly batchSize: number;
  readonly rejects?: string;
  readonly resume?: true;
  readonly json?: true;
}

const batchDocumentsDefault = 500;

export function registerImport(program: Command, cli: Cli): void {
  const command = program
    .command("import")
    .summary("import CSV, JSON, JSONL or Parquet files")
    .description(
      'Import documents from CSV (with a header row), JSON (an array, or {"documents": […]}), JSONL or Parquet files. ' +
        "Texts without a vector are embedded.",
    )
    .argument("<FILE...>", "files to import; - is the standard input");
  addDatabaseOptions(command)
    .optionsGroup("Into which collection:")
    .option("--collection <NAME>", "made where there is none (default: the file's name)")
    .option(
      "--dimension <N>",
      "of a new collection (default: that of the first vector, else the model's)",
      wholeNumber("--dimension", limits.dimensionMin, limits.dimensionMax),
    )
    .option("--metric <METRIC>", `of a new collection: ${metrics.join(", ")}`, oneOf("--metric", metrics))
    .option("--embedding-model <NAME>", "of a new collection")
    .option(
      "--quantization <KIND>",
      `of a new collection: ${quantizations.join(", ")}`,
      oneOf("--quantization", quantizations),
    )
    .optionsGroup("From which fields:")
    .option("--map <LIST>", "fields of the file, as id=NAME,external_id=NAME,text=NAME,vector=NAME", parseMap)
    .option(
      "--text-fields <LIST>",
      "several fields that make the text, as title,body",
      commaSeparated("--text-fields"),
    )
    .option(
      "--metadata-fields <LIST>",
      "fields to keep as metadata (default: all others)",
      commaSeparated("--metadata-fields"),
    )
    .option("--strings", "keep numbers, true and false of CSV as text")
    .optionsGroup("Texts without a vector, in parts that are documents of their own:")
    .option(
      "--chunk-size <N>",
      "most characters of a part (default: they stay whole)",
      wholeNumber("--chunk-size", limits.chunkCharactersMin, limits.chunkCharactersMax),
    )
    .option(
      "--chunk-overlap <N>",
      "characters that a part may repeat of the one before, half the size at most (default: 0)",
      wholeNumber("--chunk-overlap", 0, limits.chunkCharactersMax / 2),
    )
    .option(
      "--chunk-by <BOUNDARY>",
      `what is kept whole where it fits: ${chunkBoundaries.join(", ")} (default: sentence)`,
      oneOf("--chunk-by", chunkBoundaries),
    )
    .optionsGroup("Options:")
    .option(
      "--format <FORMAT>",
      `${fileFormats.join(", ")} (default: by the file's name)`,
      oneOf("--format", fileFormats),
    )
    .option("--delimiter <CHARACTER>", "between the cells of CSV", parseDelimiter, ",")
    .option(
      "--batch-size <N>",
      "documents in one request",
      wholeNumber("--batch-size", 1, limits.batchDocumentsMax),
      batchDocumentsDefault,
    )
    .option("--rejects <FILE>", "where rows go that cannot be imported (default: FILE.rejects.jsonl)")
    .option("--resume", "keep how far it is in FILE.import.json, and go on from there if there is one")
    .option("--json", "print the summary as JSON")
    .addHelpText("after", fieldsHelp)
    .addHelpText(
      "after",
      examples(
        "akidb import books.csv",
        "akidb import articles.jsonl --collection news --text-fields title,body --map id=url",
        "akidb import vectors.parquet --collection images --metric l2 --map vector=emb",
        "akidb import manuals.jsonl --map external_id=url --chunk-size 1000 --chunk-overlap 100",
        "akidb import web.jsonl --resume          # again after it was interrupted: it goes on",
        "zcat books.jsonl.gz | akidb import - --format jsonl --collection books",
      ),
    )
    .action(async (paths: readonly string[], flags: ImportFlags) => {
      const requests = paths.map((path) => importRequest(path, paths.length, flags));
      const summaries = await withTarget(cli, { flags, mayCreate: true }, async (db) => {
        const done: ImportSummary[] = [];
        for (const request of requests) done.push(await importFile(cli, db, request));
        return done;
      });
      if (flags.json) printJson(cli, summaries.map(summaryToJson));
      else printSummaries(cli, summaries);
      if (summaries.some(({ rejectedCount }) => rejectedCount > 0)) cli.exitWith(partialExitCode);
    });
}

const fieldsHelp = `
Fields that --map does not name are found by their usual names:
  id           id, doc_id or _id; what is not a UUID becomes the external id
  external id  external_id
  text         text, content, body or document
  vector       vector, embedding or values: an array of numbers, in CSV as JSON;
               in Parquet a list of float or double; in JSON also {"base64": …}
Everything else becomes metadata. Rows of an export (akidb export) become the
documents that were exported, with times and versions of their own. JSON files
are read as a whole, up to ${jsonFileBytesMax / 2 ** 20} MiB; CSV, JSONL and Parquet files may be of
any length.

Exit code: 0 if all rows were imported, 1 if some were rejected, another if the
import stopped.`;

function importRequest(path: string, fileCount: number, flags: ImportFlags): ImportRequest {
  const { dimension, metric, embeddingModel, quantization } = flags;
  if (flags.rejects !== undefined && fileCount > 1) {
    throw invalidArgument("--rejects", "names the rejected rows of one file; import the files one by one");
  }
  if (flags.rejects === path) throw invalidArgument("--rejects", "is the file to import");
  if (path === stdinPath && (flags.format === undefined || flags.collection === undefined)) {
    throw invalidArgument(stdinPath, "the standard input has no name; give --format and --collection");
  }
  if (path === stdinPath && flags.resume) {
    throw invalidArgument("--resume", "needs a file; the standard input cannot be read again");
  }
  const format = flags.format ?? formatOfFile(path);
  if (path === stdinPath && format === "parquet") {
    throw invalidArgument(stdinPath, "Parquet is read from both ends, not as it comes; save it to a file");
  }
  const collection: CreateCollectionInput = {
    name: flags.collection ?? collectionNameOfFile(path),
    ...(dimension === undefined ? {} : { dimension }),
    ...(metric === undefined ? {} : { metric }),
    ...(embeddingModel === undefined ? {} : { embeddingModel }),
    ...(quantization === undefined ? {} : { quantization }),
  };
  return {
    path,
    format,
    collection,
    mapping: fieldMapping(flags),
    chunking: chunkingOf(flags),
    keepStrings: flags.strings === true,
    delimiter: flags.delimiter,
    batchDocuments: flags.batchSize,
    isResumable: flags.resume === true,
    rejectsPath: flags.rejects ?? `${path === stdinPath ? "stdin" : path}.rejects.jsonl`,
  };
}

function chunkingOf({
  chunkSize: size,
  chunkOverlap: overlap,
  chunkBy: by,
}: ImportFlags): Chunking | undefined {
  if (size !== undefined) {
    if (overlap !== undefined && overlap > size / 2) {
      throw invalidArgument("--chunk-overlap", "is more than half of --chunk-size");
    }
    return { size, ...(overlap !== undefined && { overlap }), ...(by !== undefined && { by }) };
  }
  if (overlap === undefined && by === undefined) return undefined;
  throw invalidArgument(overlap === undefined ? "--chunk-by" : "--chunk-overlap", "goes with --chunk-size");
}

function fieldMapping({ map = {}, textFields, metadataFields }: ImportFlags): FieldMapping {
  if (map.text !== undefined && textFields !== undefined) {
    throw invalidArgument("--text-fields", "and --map text= both name the text; give one of them");
  }
  const text = textFields ?? map.text;
  return {
    ...map,
    ...(text === undefined ? {} : { text }),
    ...(metadataFields === undefined ? {} : { metadata: metadataFields }),
  };
}

function parseMap(list: string): FieldMapping {
  const names = new Map<string, string>();
  for (const pair of commaSeparated("--map")(list)) {
    const [target = "", name = ""] = pair.split(/=(.*)/s);
    if (!["id", "external_id", "text", "vector"].includes(target) || name === "") {
      throw invalidArgument(
        "--map",
        `${JSON.stringify(pair)} is not one of id=, external_id=, text=, vector= and a name`,
      );
    }
    if (names.has(target)) throw invalidArgument("--map", `names ${target} twice`);
    names.set(target, name);
  }
  const id = names.get("id");
  const externalId = names.get("external_id");
  const text = names.get("text");
  const vector = names.get("vector");
  return {
    ...(id === undefined ? {} : { id }),
    ...(externalId === undefined ? {} : { externalId }),
    ...(text === undefined ? {} : { text: [text] }),
    ...(vector === undefined ? {} : { vector }),
  };
}

function parseDelimiter(text: string): string {
  const character = text === "\\t" ? "\t" : text;
  if (!/^[^\r\n"]$/.test(character)) {
    throw invalidArgument("--delimiter", `${JSON.stringify(text)} is not one character (\\t is a tab)`);
  }
  return character;
}

const rateOf = ({ importedCount, durationMs }: ImportSummary): number =>
  durationMs > 0 ? (importedCount * 1000) / durationMs : 0;

const summaryToJson = (summary: ImportSummary): unknown => ({
  file: summary.file,
  collection: summary.collection,
  read: summary.readCount,
  imported: summary.importedCount,
  rejected: summary.rejectedCount,
  rejects_file: summary.rejectsPath ?? null,
  duration_ms: Math.round(summary.durationMs),
  documents_per_second: Math.round(rateOf(summary)),
});

function printSummaries({ terminal }: Cli, summaries: readonly ImportSummary[]): void {
  const paint = paintIf(terminal.outHasColors);
  const columns = [
    { title: "FILE" },
    { title: "COLLECTION" },
    { title: "READ", align: "right" },
    { title: "IMPORTED", align: "right" },
    { title: "REJECTED", align: "right" },
    { title: "DOCUMENTS/S", align: "right" },
  ] as const;
  const rows = summaries.map((summary) => [
    summary.file,
    summary.collection,
    formatCount(summary.readCount),
    formatCount(summary.importedCount),
    summary.rejectedCount === 0 ? "0" : paint("red", formatCount(summary.rejectedCount)),
    formatCount(rateOf(summary)),
  ]);
  terminal.print(renderTable(columns, rows, paint, tableWidth(terminal)));
  for (const { rejectsPath } of summaries) {
    if (rejectsPath !== undefined) terminal.note(`rejected rows and why: ${rejectsPath}\n`);
  }
}
