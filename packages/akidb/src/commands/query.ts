import {
  type FusionKind,
  fusionKinds,
  type Include,
  invalidArgument,
  type JsonObject,
  limits,
  type QueryInput,
} from "@akidb/base";
import { queryResultToWire } from "@akidb/client";
import type { Command } from "commander";
import type { Cli } from "../cli.ts";
import { parseJson } from "../json/parseJson.ts";
import { toVector } from "../json/toVector.ts";
import { addDatabaseOptions, type ConnectionFlags } from "../target/connectionOptions.ts";
import { withTarget } from "../target/openTarget.ts";
import { printable } from "../terminal/printable.ts";
import { examples } from "./examples.ts";
import { filterHelp, parseFilterOption } from "./filterOption.ts";
import { includeHelp, parseInclude } from "./includeOption.ts";
import { number, oneOf, wholeNumber } from "./parseOption.ts";
import { printExplanation } from "./printExplanation.ts";
import { printJson } from "./printJson.ts";
import { printMatches } from "./printMatches.ts";

interface QueryFlags extends ConnectionFlags {
  readonly vector?: string;
  readonly vectorFile?: string;
  readonly id?: string;
  readonly fullText?: string;
  readonly hybrid?: string | true;
  readonly fusion?: FusionKind;
  readonly weight?: number;
  readonly topK?: number;
  readonly offset?: number;
  readonly minScore?: number;
  readonly ef?: number;
  readonly exact?: true;
  readonly filter?: JsonObject;
  readonly groupBy?: string;
  readonly groupSize?: number;
  readonly include?: readonly Include[];
  readonly explain?: true;
  readonly json?: true;
}

export function registerQuery(program: Command, cli: Cli): void {
  const command = program
    .command("query")
    .summary("search a collection by text, vector or document")
    .description(
      "Find the documents of a collection that are nearest to a text, a vector, or another document.",
    )
    .argument("<COLLECTION>", "name or id")
    .argument("[TEXT...]", "embedded with the collection's model");
  addDatabaseOptions(command)
    .option("--vector <JSON>", "search by this vector, an array of numbers")
    .option("--vector-file <FILE>", "the same, from a file")
    .option("--id <ID>", "more like this document, named by its id or external id")
    .option(
      "--full-text <QUERY>",
      'search the texts themselves: words, "phrases", beginni*, +must, -must_not, AND, OR, NOT',
    )
    .option(
      "--hybrid [QUERY]",
      "beside a TEXT, a vector or --id: by nearness and by the words of QUERY (default: those of TEXT)",
    )
    .option(
      "--fusion <KIND>",
      `how --hybrid makes one ranking of two: ${fusionKinds.join(", ")} (default: rrf)`,
      oneOf("--fusion", fusionKinds),
    )
    .option(
      "--weight <SHARE>",
      "of --fusion weighted: the vectors' share, 0 to 1 (default: 0.5)",
      number("--weight"),
    )
    .option("-k, --top-k <N>", "how many documents (default: 10)", wholeNumber("--top-k", 1, limits.topKMax))
    .option(
      "--offset <N>",
      "leave out so many of the best (default: 0)",
      wholeNumber("--offset", 0, limits.topKMax),
    )
    .option("--min-score <SCORE>", "only documents whose score is at least this", number("--min-score"))
    .option(
      "--ef <N>",
      "breadth of the walk through the graph (default: the server's)",
      wholeNumber("--ef", 1, limits.efMax),
    )
    .option("--exact", "look at every vector instead of walking the graph")
    .option("--filter <JSON>", filterHelp, parseFilterOption)
    .option("--group-by <FIELD>", "the best of each value of this field; --top-k is the number of values")
    .option(
      "--group-size <N>",
      "how many documents of each value (default: 3)",
      wholeNumber("--group-size", 1, limits.groupSizeMax),
    )
    .option("--include <LIST>", `${includeHelp} (default: metadata,text)`, parseInclude)
    .option("--explain", "tell how the answer was found, and what it took")
    .option("--json", "print the result as JSON, as the REST API has it")
    .addHelpText(
      "after",
      examples(
        'akidb query books "sorting in linear time"',
        "akidb query books --vector-file query.json --top-k 3 --json",
        "akidb query books --vector-file query.json --exact",
        `akidb query books sorting --filter '{"year": {"$gte": 1990}, "tags": "algorithms"}'`,
        "akidb query books --id isbn-0262033844 --explain",
        `akidb query books --full-text '"linear time" -quick*'`,
        'akidb query books "sorting in linear time" --hybrid',
        "akidb query books sorting --group-by author.name --group-size 1",
      ),
    )
    .action(async (nameOrId: string, words: readonly string[], flags: QueryFlags) => {
      const input: QueryInput = {
        ...readQuery(cli, words.join(" "), flags),
        ...readHybrid(flags),
        ...(flags.fullText === undefined && flags.hybrid === undefined ? {} : { highlight: true }),
        ...(flags.topK === undefined ? {} : { topK: flags.topK }),
        ...(flags.offset === undefined ? {} : { offset: flags.offset }),
        ...(flags.minScore === undefined ? {} : { minScore: flags.minScore }),
        ...(flags.ef === undefined ? {} : { ef: flags.ef }),
        ...(flags.exact === undefined ? {} : { exact: flags.exact }),
        ...(flags.filter === undefined ? {} : { filter: flags.filter }),
        ...readGroupBy(flags),
        ...(flags.explain === undefined ? {} : { explain: flags.explain }),
        include: flags.include ?? ["metadata", "text"],
      };
      const result = await withTarget(cli, { flags, mayCreate: false }, (db) =>
        db.collection(nameOrId).query(input),
      );
      if (flags.json) return printJson(cli, queryResultToWire(result));
      if (result.groups !== undefined) {
        if (result.groups.length === 0) cli.terminal.note("no documents\n");
        for (const { value, matches } of result.groups) {
          cli.terminal.print(`${printable(String(value))}\n`);
          printMatches(cli, matches);
        }
      } else if (result.matches.length === 0) {
        cli.terminal.note("no documents\n");
      } else {
        printMatches(cli, result.matches);
      }
      if (result.explain !== undefined) printExplanation(cli, result.explain);
    });
}

function readGroupBy({ groupBy, groupSize }: QueryFlags): Pick<QueryInput, "groupBy"> {
  if (groupBy === undefined) {
    if (groupSize !== undefined) throw invalidArgument("--group-size", "needs --group-by");
    return {};
  }
  return { groupBy: { field: groupBy, ...(groupSize !== undefined && { size: groupSize }) } };
}

function readHybrid({ hybrid, fusion, weight }: QueryFlags): Pick<QueryInput, "hybrid"> {
  if (hybrid === undefined) {
    if (fusion !== undefined) throw invalidArgument("--fusion", "needs --hybrid");
    if (weight !== undefined) throw invalidArgument("--weight", "needs --hybrid");
    return {};
  }
  return {
    hybrid: {
      ...(hybrid !== true && { text: hybrid }),
      ...(fusion !== undefined && { fusion }),
      ...(weight !== undefined && { weight }),
    },
  };
}

function readQuery(cli: Cli, text: string, { vector, vectorFile, id, fullText }: QueryFlags): QueryInput {
  const given = [text === "" ? undefined : text, vector, vectorFile, id, fullText].filter(
    (each) => each !== undefined,
  );
  if (given.length !== 1) {
    throw invalidArgument(
      "query",
      "give exactly one of a TEXT, --full-text, --vector, --vector-file and --id",
    );
  }
  if (fullText !== undefined) return { fullText };
  if (id !== undefined) return { id };
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
