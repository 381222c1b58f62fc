import { type DocumentChange, invalidArgument, type JsonObject, limits } from "@akidb/base";
import type { Command } from "commander";
import type { Cli } from "../cli.ts";
import { addDatabaseOptions, type ConnectionFlags } from "../target/connectionOptions.ts";
import { withTarget } from "../target/openTarget.ts";
import { printable } from "../terminal/printable.ts";
import { examples } from "./examples.ts";
import { parseMetadata } from "./parseMetadata.ts";
import { wholeNumber } from "./parseOption.ts";
import { printJson } from "./printJson.ts";

interface PatchFlags extends ConnectionFlags {
  readonly metadata?: JsonObject;
  readonly ttl?: number;
  readonly expiresAt?: string;
  /** False with `--no-expiry`. */
  readonly expiry: boolean;
  readonly ifVersion?: number;
  readonly json?: true;
}

export function registerPatch(program: Command, cli: Cli): void {
  const command = program
    .command("patch")
    .summary("change metadata or the expiry of a document")
    .description("Change metadata or the expiry of a document; its vector stays.")
    .argument("<COLLECTION>", "name or id")
    .argument("<ID>", "the document's id or external id");
  addDatabaseOptions(command)
    .option(
      "--metadata <JSON>",
      "a JSON Merge Patch: members are replaced, null takes one away",
      parseMetadata,
    )
    .option("--ttl <SECONDS>", "let it go after that time", wholeNumber("--ttl", 1, limits.ttlSecondsMax))
    .option("--expires-at <TIME>", "let it go at that time, ISO 8601 with its zone")
    .option("--no-expiry", "let it stay")
    .option("--if-version <N>", "only if it has this version", wholeNumber("--if-version", 1, 2 ** 32))
    .option("--json", "print the answer as JSON, as the REST API has it")
    .addHelpText(
      "after",
      examples(
        `akidb patch books isbn-0262033844 --metadata '{"year": 1991, "draft": null}'`,
        "akidb patch sessions 7f3a --ttl 3600",
      ),
    )
    .action(async (nameOrId: string, id: string, flags: PatchFlags) => {
      const { ifVersion } = flags;
      const condition = ifVersion === undefined ? {} : { ifVersion };
      const patched = await withTarget(cli, { flags, mayCreate: false }, (db) =>
        db.collection(nameOrId).patch(id, changeOf(flags), condition),
      );
      if (flags.json) return printJson(cli, patched);
      cli.terminal.print(`patched ${printable(id)}, version ${patched.version} now\n`);
    });
}

function changeOf({ metadata, ttl, expiresAt, expiry }: PatchFlags): DocumentChange {
  const chosen = [ttl, expiresAt, expiry ? undefined : false].filter((flag) => flag !== undefined);
  if (chosen.length > 1) throw invalidArgument("--ttl", "goes alone, as --expires-at and --no-expiry do");
  if (metadata === undefined && chosen.length === 0) {
    throw invalidArgument("--metadata", "is missing, or else --ttl, --expires-at or --no-expiry");
  }
  return {
    ...(metadata !== undefined && { metadata }),
    ...(ttl !== undefined && { ttlSeconds: ttl }),
    ...(expiresAt !== undefined && { expiresAt }),
    ...(!expiry && { expiresAt: null }),
  };
}
