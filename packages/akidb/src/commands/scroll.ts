import { type Document, type Include, type JsonObject, limits, type ScrollInput } from "@akidb/base";
import { documentToWire } from "@akidb/client";
import type { Command } from "commander";
import type { Cli } from "../cli.ts";
import { addDatabaseOptions, type ConnectionFlags } from "../target/connectionOptions.ts";
import { withTarget } from "../target/openTarget.ts";
import { paintIf } from "../terminal/paint.ts";
import { printable, shorten } from "../terminal/printable.ts";
import { renderTable, tableWidth } from "../terminal/table.ts";
import { examples } from "./examples.ts";
import { filterHelp, parseFilterOption } from "./filterOption.ts";
import { includeHelp, parseInclude } from "./includeOption.ts";
import { wholeNumber } from "./parseOption.ts";

interface ScrollFlags extends ConnectionFlags {
  readonly filter?: JsonObject;
  readonly limit?: number;
  readonly include?: readonly Include[];
  readonly json?: true;
}

/** Of a table, where the command line does not say. */
const tableDocumentsDefault = 100;

export function registerScroll(program: Command, cli: Cli): void {
  const command = program
    .command("scroll")
    .summary("list documents in the order of their ids")
    .description("List the documents of a collection in the order of their ids.")
    .argument("<COLLECTION>", "name or id");
  addDatabaseOptions(command)
    .option("--filter <JSON>", filterHelp, parseFilterOption)
    .option(
      "--limit <N>",
      `how many documents at most (default: ${tableDocumentsDefault}; all with --json)`,
      wholeNumber("--limit", 1, Number.MAX_SAFE_INTEGER),
    )
    .option("--include <LIST>", `${includeHelp} (default: metadata,text)`, parseInclude)
    .option("--json", "print each document as a line of JSON, as the REST API has it")
    .addHelpText(
      "after",
      examples(
        "akidb scroll books --limit 20",
        `akidb scroll books --filter '{"year": {"$gte": 1990}}' --json | jq -r .external_id`,
      ),
    )
    .action(async (nameOrId: string, { filter, limit, include, json, ...flags }: ScrollFlags) => {
      const wanted = limit ?? (json ? Number.POSITIVE_INFINITY : tableDocumentsDefault);
      const input: ScrollInput = {
        ...(filter === undefined ? {} : { filter }),
        include: include ?? ["metadata", "text"],
        limit: Math.min(wanted, limits.pageSizeMax),
      };
      const shown: Document[] = [];
      await withTarget(cli, { flags, mayCreate: false }, async (db) => {
        let count = 0;
        for await (const document of db.collection(nameOrId).scroll(input)) {
          if (json) cli.terminal.print(`${JSON.stringify(documentToWire(document))}\n`);
          else shown.push(document);
          count += 1;
          if (count === wanted) break;
        }
      });
      if (json) return;
      if (shown.length === 0) return cli.terminal.note("no documents\n");
      printDocuments(cli, shown);
    });
}

const cellWidthMax = 60;

function printDocuments({ terminal }: Cli, documents: readonly Document[]): void {
  const columns: readonly { readonly title: string; readonly of: (each: Document) => string | undefined }[] =
    [
      { title: "EXTERNAL ID", of: ({ externalId }) => externalId },
      { title: "METADATA", of: ({ metadata }) => metadata && JSON.stringify(metadata) },
      { title: "TEXT", of: ({ text }) => text },
      { title: "VECTOR", of: ({ vector }) => vector && JSON.stringify(Array.from(vector)) },
    ];
  const shown = columns.filter(({ of }) => documents.some((each) => of(each) !== undefined));
  const rows = documents.map((document) => [
    document.id,
    ...shown.map(({ of }) => shorten(printable(of(document) ?? ""), cellWidthMax)),
  ]);
  const titles = [{ title: "ID" }, ...shown.map(({ title }) => ({ title }))];
  terminal.print(renderTable(titles, rows, paintIf(terminal.outHasColors), tableWidth(terminal)));
}
