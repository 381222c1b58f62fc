import {
  type Include,
  invalidArgument,
  type JsonObject,
  limits,
  type Match,
  type QueryInput,
} from "@akidb/base";
import { queryResultToWire } from "@akidb/client";
import type { Command } from "commander";
import type { Cli } from "../cli.ts";
import { parseJson } from "../json/parseJson.ts";
import { toVector } from "../json/toVector.ts";
import { addConnectionOptions, type ConnectionFlags } from "../target/connectionOptions.ts";
import { withTarget } from "../target/openTarget.ts";
import { paintIf } from "../terminal/paint.ts";
import { printable, shorten } from "../terminal/printable.ts";
import { type Column, columnGap, renderTable } from "../terminal/table.ts";
import { examples } from "./examples.ts";
import { filterHelp, parseFilterOption } from "./filterOption.ts";
import { includeHelp, parseInclude } from "./includeOption.ts";
import { wholeNumber } from "./parseOption.ts";
import { printJson } from "./printJson.ts";

interface QueryFlags extends ConnectionFlags {
  readonly vector?: string;
  readonly vectorFile?: string;
  readonly topK?: number;
  readonly ef?: number;
  readonly exact?: true;
  readonly filter?: JsonObject;
  readonly include?: readonly Include[];
  readonly json?: true;
}

export function registerQuery(program: Command, cli: Cli): void {
  const command = program
    .command("query")
    .summary("search a collection by text or vector")
    .description("Find the documents of a collection that are nearest to a text or a vector.")
    .argument("<COLLECTION>", "name or id")
    .argument("[TEXT...]", "embedded with the collection's model");
  addConnectionOptions(command)
    .option("--vector <JSON>", "search by this vector, an array of numbers")
    .option("--vector-file <FILE>", "the same, from a file")
    .option("-k, --top-k <N>", "how many documents (default: 10)", wholeNumber("--top-k", 1, limits.topKMax))
    .option(
      "--ef <N>",
      "breadth of the walk through the graph (default: the server's)",
      wholeNumber("--ef", 1, limits.efMax),
    )
    .option("--exact", "look at every vector instead of walking the graph")
    .option("--filter <JSON>", filterHelp, parseFilterOption)
    .option("--include <LIST>", `${includeHelp} (default: metadata,text)`, parseInclude)
    .option("--json", "print the result as JSON, as the REST API has it")
    .addHelpText(
      "after",
      examples(
        'akidb query books "sorting in linear time"',
        "akidb query books --vector-file query.json --top-k 3 --json",
        "akidb query books --vector-file query.json --exact",
        `akidb query books sorting --filter '{"year": {"$gte": 1990}, "tags": "algorithms"}'`,
      ),
    )
    .action(async (nameOrId: string, words: readonly string[], flags: QueryFlags) => {
      const input: QueryInput = {
        ...readQuery(cli, words.join(" "), flags),
        ...(flags.topK === undefined ? {} : { topK: flags.topK }),
        ...(flags.ef === undefined ? {} : { ef: flags.ef }),
        ...(flags.exact === undefined ? {} : { exact: flags.exact }),
        ...(flags.filter === undefined ? {} : { filter: flags.filter }),
        include: flags.include ?? ["metadata", "text"],
      };
      const result = await withTarget(cli, { flags, mayCreate: false }, (db) =>
        db.collection(nameOrId).query(input),
      );
      if (flags.json) return printJson(cli, queryResultToWire(result));
      if (result.matches.length === 0) return cli.terminal.note("no documents\n");
      printMatches(cli, result.matches);
    });
}

function readQuery(cli: Cli, text: string, { vector, vectorFile }: QueryFlags): QueryInput {
  const given = [text === "" ? undefined : text, vector, vectorFile].filter((each) => each !== undefined);
  if (given.length !== 1) {
    throw invalidArgument("query", "give exactly one of a TEXT, --vector and --vector-file");
  }
  if (vector !== undefined) return { vector: parseVector("--vector", vector) };
  if (vectorFile !== undefined)
    return { vector: parseVector("--vector-file", cli.files.readText(vectorFile)) };
  return { text };
}

function parseVector(flag: string, json: string): Float32Array {
  const parsed = parseJson(json);
  if (!parsed.ok) throw invalidArgument(flag, parsed.error);
  return toVector(flag, parsed.value);
}

/** Where a text is cut: about three lines of a table in a terminal of usual width. */
const cellLinesMax = 3;
const cellWidthMin = 16;

function printMatches({ terminal }: Cli, matches: readonly Match[]): void {
  const paint = paintIf(terminal.outHasColors);
  const idOf = ({ id, externalId }: Match): string => printable(externalId ?? id);
  const longestId = Math.max(...matches.map((match) => idOf(match).length));
  const idWidth = Math.min(longestId, 36);
  const contents: readonly { readonly title: string; readonly of: (match: Match) => string | undefined }[] = [
    { title: "TEXT", of: ({ text }) => text },
    { title: "METADATA", of: ({ metadata }) => metadata && JSON.stringify(metadata) },
    { title: "VECTOR", of: ({ vector }) => vector && JSON.stringify(Array.from(vector)) },
  ];
  const shown = contents.filter(({ of }) => matches.some((match) => of(match) !== undefined));
  const rankWidth = Math.max(1, String(matches.length).length);
  const scoreWidth = 8;
  const taken = rankWidth + scoreWidth + idWidth + columnGap * (3 + shown.length);
  const cellWidth = Math.max(
    cellWidthMin,
    Math.floor((terminal.columns - taken) / Math.max(1, shown.length)),
  );
  const columns: readonly Column[] = [
    { title: "#", align: "right", width: rankWidth },
    { title: "SCORE", align: "right", width: scoreWidth },
    { title: "ID", width: idWidth },
    ...shown.map(({ title }) => ({ title, width: cellWidth })),
  ];
  const rows = matches.map((match, index) => [
    String(index + 1),
    match.score.toFixed(4),
    paint("cyan", shorten(idOf(match), idWidth)),
    ...shown.map(({ of }) => shorten(printable(of(match) ?? ""), cellWidth * cellLinesMax - columnGap)),
  ]);
  terminal.print(renderTable(columns, rows, paint));
}
