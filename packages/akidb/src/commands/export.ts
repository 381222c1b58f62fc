import { invalidArgument } from "@akidb/base";
import type { Command } from "commander";
import type { Cli } from "../cli.ts";
import { exportCollection } from "../export/exportCollection.ts";
import { type ExportFormat, exportFormatOf, exportFormats } from "../export/exportFormat.ts";
import { type VectorForm, vectorForms } from "../export/jsonLine.ts";
import { stdoutPath } from "../files.ts";
import { addDatabaseOptions, type ConnectionFlags } from "../target/connectionOptions.ts";
import { withTarget } from "../target/openTarget.ts";
import { formatBytes, formatCount } from "../terminal/formatNumber.ts";
import { printable } from "../terminal/printable.ts";
import { examples } from "./examples.ts";
import { oneOf } from "./parseOption.ts";
import { printJson } from "./printJson.ts";

interface ExportFlags extends ConnectionFlags {
  readonly output?: string;
  readonly format?: ExportFormat;
  readonly vectors: VectorForm;
  readonly json?: true;
}

export function registerExport(program: Command, cli: Cli): void {
  const command = program
    .command("export")
    .summary("export a collection as Parquet, JSONL, JSON or CSV")
    .description(
      "Write all documents of a collection, as they are at one moment, to a Parquet, JSONL, JSON or CSV file.",
    )
    .argument("<COLLECTION>", "name or id");
  addDatabaseOptions(command)
    .option("--output <FILE>", "where to; - is the standard output (default: COLLECTION.parquet)")
    .option(
      "--format <FORMAT>",
      `${exportFormats.join(", ")} (default: by the name of the output, else parquet)`,
      oneOf("--format", exportFormats),
    )
    .option(
      "--vectors <FORM>",
      `of the texts: ${vectorForms.join(", ")}`,
      oneOf("--vectors", vectorForms),
      "numbers" as const,
    )
    .option("--json", "print the summary as JSON")
    .addHelpText("after", exportHelp)
    .addHelpText(
      "after",
      examples(
        "akidb export books",
        "akidb export books --output /backup/books.jsonl --vectors base64",
        "akidb export books --output - --format jsonl | gzip > books.jsonl.gz",
      ),
    )
    .action(async (collection: string, flags: ExportFlags) => {
      const { path, format } = destination(cli, collection, flags);
      const request = { collection, path, format, vectors: flags.vectors };
      const { documentCount, sizeBytes } = await withTarget(cli, { flags, mayCreate: false }, (db) =>
        exportCollection(cli, db, request),
      );
      if (flags.json) {
        return printJson(cli, { file: path, collection, format, documents: documentCount, bytes: sizeBytes });
      }
      const summary = `exported ${formatCount(documentCount)} documents, ${formatBytes(sizeBytes)}`;
      if (path === stdoutPath) cli.terminal.note(`${summary}\n`);
      else cli.terminal.print(`${summary}, to ${printable(path)}\n`);
    });
}

const exportHelp = `
The file can be imported again (akidb import), and holds the vectors, so nothing
is embedded anew. Metric, quantization and graph of the collection are not in
it; give them to the import, or keep a snapshot where all of it matters.
The collection is read through a snapshot, which is deleted in the end; an export
that is interrupted leaves it behind (akidb snapshots list shows it). The texts
take the room of a Parquet file beside the output while it is written.
`;

function destination(
  { terminal }: Cli,
  collection: string,
  { output, format, json }: ExportFlags,
): { readonly path: string; readonly format: ExportFormat } {
  if (output === undefined) {
    const wanted = format ?? "parquet";
    return { path: `${collection}.${wanted}`, format: wanted };
  }
  if (output === stdoutPath) {
    if (format === undefined) {
      throw invalidArgument(
        "--format",
        "must be given where the output is the standard output, which has no name",
      );
    }
    if (json)
      throw invalidArgument("--json", "and the documents would go to the same output; give one of them");
    if (format === "parquet" && terminal.outIsTerminal) {
      throw invalidArgument("--output", "is a terminal, which cannot show Parquet; name a file or a pipe");
    }
  }
  return { path: output, format: format ?? exportFormatOf(output) };
}
