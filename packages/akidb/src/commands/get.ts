import type { Document, Include } from "@akidb/base";
import { documentToWire } from "@akidb/client";
import type { Command } from "commander";
import type { Cli } from "../cli.ts";
import { addDatabaseOptions, type ConnectionFlags } from "../target/connectionOptions.ts";
import { withTarget } from "../target/openTarget.ts";
import { paintIf } from "../terminal/paint.ts";
import { printable, printableLines } from "../terminal/printable.ts";
import { wrapText } from "../terminal/wrapText.ts";
import { examples } from "./examples.ts";
import { includeHelp, parseInclude } from "./includeOption.ts";
import { printJson } from "./printJson.ts";

interface GetFlags extends ConnectionFlags {
  readonly include?: readonly Include[];
  readonly json?: true;
}

export function registerGet(program: Command, cli: Cli): void {
  const command = program
    .command("get")
    .summary("show a document")
    .description("Show a document.")
    .argument("<COLLECTION>", "name or id")
    .argument("<ID>", "the document's id or external id");
  addDatabaseOptions(command)
    .option("--include <LIST>", `${includeHelp} (default: metadata,text)`, parseInclude)
    .option("--json", "print it as JSON, as the REST API has it")
    .addHelpText(
      "after",
      examples("akidb get books isbn-0262033844", "akidb get books isbn-0262033844 --include vector --json"),
    )
    .action(async (nameOrId: string, id: string, flags: GetFlags) => {
      const include = flags.include ?? ["metadata", "text"];
      const document = await withTarget(cli, { flags, mayCreate: false }, (db) =>
        db.collection(nameOrId).get(id, { include }),
      );
      if (flags.json) return printJson(cli, documentToWire(document));
      printDocument(cli, document);
    });
}

function printDocument({ terminal }: Cli, document: Document): void {
  const paint = paintIf(terminal.outHasColors);
  const { metadata, vector } = document;
  const fields = [
    ["id", document.id],
    ["external id", document.externalId],
    ["version", String(document.version)],
    ["inserted", document.insertedAt],
    ["updated", document.updatedAt],
    ["expires", document.expiresAt],
    ["metadata", metadata && JSON.stringify(metadata)],
    ["vector", vector && JSON.stringify(Array.from(vector))],
  ] as const;
  for (const [name, value] of fields) {
    if (value !== undefined) terminal.print(`${paint("bold", name.padEnd(12))} ${printable(value)}\n`);
  }
  if (document.text === undefined) return;
  const text = printableLines(document.text);
  terminal.print(`\n${terminal.outIsTerminal ? wrapText(text, terminal.columns) : text}\n`);
}
