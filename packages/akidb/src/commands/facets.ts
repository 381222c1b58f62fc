import { type Facet, type JsonObject, limits } from "@akidb/base";
import { facetsResultToWire } from "@akidb/client";
import type { Command } from "commander";
import type { Cli } from "../cli.ts";
import { addDatabaseOptions, type ConnectionFlags } from "../target/connectionOptions.ts";
import { withTarget } from "../target/openTarget.ts";
import { formatCount } from "../terminal/formatNumber.ts";
import { paintIf } from "../terminal/paint.ts";
import { printable } from "../terminal/printable.ts";
import { renderTable, tableWidth } from "../terminal/table.ts";
import { examples } from "./examples.ts";
import { filterHelp, parseFilterOption } from "./filterOption.ts";
import { wholeNumber } from "./parseOption.ts";
import { printJson } from "./printJson.ts";

interface FacetsFlags extends ConnectionFlags {
  readonly filter?: JsonObject;
  readonly limit?: number;
  readonly json?: true;
}

export function registerFacets(program: Command, cli: Cli): void {
  const command = program
    .command("facets")
    .summary("count the values of a field")
    .description("Count how many documents have each value of a field, exactly; the most frequent first.")
    .argument("<COLLECTION>", "name or id")
    .argument("<FIELD>", "of the metadata, nested fields with dots: author.name");
  addDatabaseOptions(command)
    .option("--filter <JSON>", filterHelp, parseFilterOption)
    .option("--limit <N>", "how many values (default: 10)", wholeNumber("--limit", 1, limits.facetValuesMax))
    .option("--json", "print them as JSON, as the REST API has them")
    .addHelpText(
      "after",
      examples(
        "akidb facets books tags",
        `akidb facets books author.name --filter '{"year": {"$gte": 1990}}'`,
      ),
    )
    .action(async (nameOrId: string, field: string, { filter, limit, json, ...flags }: FacetsFlags) => {
      const result = await withTarget(cli, { flags, mayCreate: false }, (db) =>
        db.collection(nameOrId).facets({
          field,
          ...(filter === undefined ? {} : { filter }),
          ...(limit === undefined ? {} : { limit }),
        }),
      );
      if (json) return printJson(cli, facetsResultToWire(result));
      const { facets, distinctCount } = result;
      if (facets.length === 0) return cli.terminal.note("no values\n");
      printFacets(cli, facets);
      const more = distinctCount - facets.length;
      if (more > 0) cli.terminal.note(`and ${formatCount(more)} more\n`);
    });
}

function printFacets({ terminal }: Cli, facets: readonly Facet[]): void {
  const rows = facets.map(({ value, count }) => [
    formatCount(count),
    printable(typeof value === "string" ? value : JSON.stringify(value)),
  ]);
  const columns = [{ title: "DOCUMENTS", align: "right" }, { title: "VALUE" }] as const;
  terminal.print(renderTable(columns, rows, paintIf(terminal.outHasColors), tableWidth(terminal)));
}
