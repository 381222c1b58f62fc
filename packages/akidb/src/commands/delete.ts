import { type AkiDb, type DeleteManyInput, invalidArgument, type JsonObject } from "@akidb/base";
import type { Command } from "commander";
import type { Cli } from "../cli.ts";
import { addDatabaseOptions, type ConnectionFlags } from "../target/connectionOptions.ts";
import { withTarget } from "../target/openTarget.ts";
import { formatCount } from "../terminal/formatNumber.ts";
import { printable } from "../terminal/printable.ts";
import { examples } from "./examples.ts";
import { filterHelp, parseFilterOption } from "./filterOption.ts";
import { printJson } from "./printJson.ts";

interface DeleteFlags extends ConnectionFlags {
  readonly filter?: JsonObject;
  readonly all?: true;
  readonly dryRun?: true;
  readonly json?: true;
}

export function registerDelete(program: Command, cli: Cli): void {
  const command = program
    .command("delete")
    .summary("delete documents")
    .description("Delete documents: those of some ids, those that pass a filter, or all.")
    .argument("<COLLECTION>", "name or id")
    .argument("[ID...]", "ids and external ids");
  addDatabaseOptions(command)
    .option("--filter <JSON>", filterHelp, parseFilterOption)
    .option("--all", "every document; the collection stays")
    .option("--dry-run", "tell how many a filter would delete, and delete nothing")
    .option("--json", "print how many they were, or would be, as JSON")
    .addHelpText(
      "after",
      examples(
        "akidb delete books isbn-0262033844",
        `akidb delete books --filter '{"year": {"$lt": 1990}}' --dry-run`,
      ),
    )
    .action(async (nameOrId: string, ids: readonly string[], { dryRun, ...flags }: DeleteFlags) => {
      const input = readInput(ids, flags);
      if (dryRun && input.ids !== undefined) {
        throw invalidArgument("--dry-run", "belongs to --filter or --all");
      }
      const count = await withTarget(cli, { flags, mayCreate: false }, (db) =>
        dryRun ? countMatches(db, nameOrId, input) : deleteDocuments(db, nameOrId, input),
      );
      if (flags.json) return printJson(cli, { [dryRun ? "matching_count" : "deleted_count"]: count });
      const [id, ...others] = ids;
      const what = id !== undefined && others.length === 0 ? printable(id) : documents(count);
      cli.terminal.print(`${dryRun ? "would delete" : "deleted"} ${what}\n`);
    });
}

function readInput(ids: readonly string[], { filter, all }: DeleteFlags): DeleteManyInput {
  const given = [ids.length > 0, filter !== undefined, all === true].filter((isGiven) => isGiven);
  if (given.length !== 1) throw invalidArgument("delete", "give exactly one of IDs, --filter and --all");
  if (filter !== undefined) return { filter };
  return all ? { all } : { ids };
}

async function countMatches(db: AkiDb, nameOrId: string, { filter }: DeleteManyInput): Promise<number> {
  return await db.collection(nameOrId).count(filter === undefined ? {} : { filter });
}

async function deleteDocuments(db: AkiDb, nameOrId: string, input: DeleteManyInput): Promise<number> {
  const [id, ...others] = input.ids ?? [];
  // Of a single one it is said whether it was there.
  if (id !== undefined && others.length === 0) {
    await db.collection(nameOrId).delete(id);
    return 1;
  }
  return (await db.collection(nameOrId).deleteMany(input)).deletedCount;
}

const documents = (count: number): string =>
  `${formatCount(count)} ${count === 1 ? "document" : "documents"}`;
