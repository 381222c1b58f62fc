import {
  type ApiKeyInfo,
  type CreateApiKeyInput,
  type CreatedApiKey,
  invalidArgument,
  type JsonObject,
  type Role,
  roles,
} from "@akidb/base";
import { apiKeyToWire, createdApiKeyToWire } from "@akidb/client";
import type { Command } from "commander";
import type { Cli } from "../cli.ts";
import { partialExitCode } from "../exitCodes.ts";
import { addConnectionOptions, type ConnectionFlags } from "../target/connectionOptions.ts";
import { withTarget } from "../target/openTarget.ts";
import { paintIf } from "../terminal/paint.ts";
import { printable } from "../terminal/printable.ts";
import { renderTable, tableWidth } from "../terminal/table.ts";
import { allPages } from "./allPages.ts";
import { examples } from "./examples.ts";
import { parseFilterOption } from "./filterOption.ts";
import { commaSeparated, oneOf } from "./parseOption.ts";
import { printJson } from "./printJson.ts";

interface KeyFlags extends ConnectionFlags {
  readonly tenant?: string;
  readonly user?: string;
  readonly json?: true;
}

export function registerKeys(program: Command, cli: Cli): void {
  const keys = program
    .command("keys")
    .summary("list, create, revoke and delete API keys")
    .description("List, create, revoke and delete the API keys by which programs come in.")
    .addHelpText(
      "after",
      examples("akidb keys list", "akidb keys create importer --role developer --collections books"),
    );
  registerList(keys, cli);
  registerCreate(keys, cli);
  registerRevoke(keys, cli);
  registerDelete(keys, cli);
}

const addKeyOptions = (command: Command): Command =>
  addConnectionOptions(command).option("--tenant <TENANT>", "slug or id (default: the caller's own)");

function registerList(keys: Command, cli: Cli): void {
  addKeyOptions(keys.command("list").description("List API keys, in order of creation."))
    .option("--user <USER>", "those of a user: e-mail or id (default: all, or the caller's own)")
    .option("--json", "print them as a JSON array")
    .addHelpText("after", examples("akidb keys list", "akidb keys list --user ada@example.org"))
    .action(async (flags: KeyFlags) => {
      const { tenant, user } = flags;
      const of = { ...(tenant !== undefined && { tenant }), ...(user !== undefined && { user }) };
      const infos = await withTarget(cli, { flags, mayCreate: false }, (db) =>
        allPages((page) => db.apiKeys.list({ ...page, ...of })),
      );
      if (flags.json) return printJson(cli, infos.map(apiKeyToWire));
      if (infos.length === 0) return cli.terminal.note("no keys yet\n");
      printKeys(cli, infos);
    });
}

interface CreateFlags extends KeyFlags {
  readonly role?: Role;
  readonly databases?: readonly string[];
  readonly collections?: readonly string[];
  readonly readOnly?: true;
  readonly filter?: JsonObject;
  readonly expiresAt?: string;
}

function registerCreate(keys: Command, cli: Cli): void {
  const command = keys
    .command("create")
    .description("Create an API key, and print its secret, this once.")
    .argument("<NAME>", "to tell it from others");
  addKeyOptions(command)
    .option(
      "--role <ROLE>",
      `${roles.join(", ")} (default: that of its user; a key of no user needs one)`,
      oneOf("--role", roles),
    )
    .option("--user <USER>", "e-mail or id of whose key it is (default: the caller, if it is a user)")
    .option("--databases <NAMES>", "nothing but these, separated by commas", commaSeparated("--databases"))
    .option(
      "--collections <NAMES>",
      "nothing but these: names in the database called default, or database/name",
      commaSeparated("--collections"),
    )
    .option("--read-only", "nothing but reading and searching")
    .option("--filter <JSON>", "nothing but documents that pass, to read or to write", parseFilterOption)
    .option("--expires-at <TIME>", "ISO 8601 with its zone (default: never)")
    .option("--json", "print it as JSON")
    .addHelpText(
      "after",
      examples(
        "akidb keys create importer --role developer --collections books",
        "akidb keys create reader --role viewer --read-only --expires-at 2027-01-31T12:00:00Z",
        `akidb keys create team-a --role developer --filter '{"team": "a"}'`,
      ),
    )
    .action(async (name: string, flags: CreateFlags) => {
      const input = creation(name, flags);
      const created = await withTarget(cli, { flags, mayCreate: false }, (db) => db.apiKeys.create(input));
      if (flags.json) return printJson(cli, createdApiKeyToWire(created));
      printSecret(cli, created);
    });
}

function creation(name: string, flags: CreateFlags): CreateApiKeyInput {
  const { tenant, user, role, databases, collections, readOnly, filter, expiresAt } = flags;
  return {
    name,
    ...(tenant !== undefined && { tenant }),
    ...(user !== undefined && { user }),
    ...(role !== undefined && { role }),
    ...(databases !== undefined && { databases }),
    ...(collections !== undefined && { collections }),
    ...(readOnly !== undefined && { readOnly }),
    ...(filter !== undefined && { filter }),
    ...(expiresAt !== undefined && { expiresAt }),
  };
}

/** What is wanted alone on the standard output, so that `KEY=$(akidb keys create …)` has it. */
function printSecret({ terminal }: Cli, { id, name, secret }: CreatedApiKey): void {
  terminal.note(`created key ${printable(name)} (${id}); this is its secret, shown this once:\n`);
  terminal.print(`${secret}\n`);
}

function registerRevoke(keys: Command, cli: Cli): void {
  const command = keys
    .command("revoke")
    .description("Revoke an API key for good; it stays in the list.")
    .argument("<KEY>", "id");
  addConnectionOptions(command)
    .option("--json", "print it as JSON")
    .addHelpText("after", examples("akidb keys revoke 0198b2c4-63f0-7c0e-b3a5-3c3f0a8e4f10"))
    .action(async (id: string, flags: KeyFlags) => {
      const info = await withTarget(cli, { flags, mayCreate: false }, (db) => db.apiKeys.revoke(id));
      if (flags.json) return printJson(cli, apiKeyToWire(info));
      cli.terminal.print(`revoked key ${printable(info.name)}\n`);
    });
}

function registerDelete(keys: Command, cli: Cli): void {
  const command = keys
    .command("delete")
    .description("Delete an API key, which does not work any longer.")
    .argument("<KEY>", "id");
  addConnectionOptions(command)
    .option("--yes", "do not ask")
    .option("--json", "print what was deleted as JSON")
    .addHelpText("after", examples("akidb keys delete 0198b2c4-63f0-7c0e-b3a5-3c3f0a8e4f10 --yes"))
    .action(async (id: string, flags: KeyFlags & { readonly yes?: true }) => {
      await withTarget(cli, { flags, mayCreate: false }, async (db) => {
        const info = await db.apiKeys.get(id);
        const { name } = info;
        if (!flags.yes && !(await confirm(cli, printable(name)))) {
          cli.terminal.note("nothing was deleted\n");
          return cli.exitWith(partialExitCode);
        }
        await db.apiKeys.delete(id);
        if (flags.json) return printJson(cli, apiKeyToWire(info));
        cli.terminal.print(`deleted key ${printable(name)}\n`);
      });
    });
}

async function confirm({ terminal }: Cli, name: string): Promise<boolean> {
  if (!terminal.inIsTerminal) {
    throw invalidArgument("--yes", `must be given to delete key ${name} where nobody can be asked`);
  }
  const answer = await terminal.ask(`Delete key ${name}? [y/N] `);
  return /^y(es)?$/i.test(answer?.trim() ?? "");
}

function printKeys(cli: Cli, infos: readonly ApiKeyInfo[]): void {
  const { terminal } = cli;
  const paint = paintIf(terminal.outHasColors);
  const columns = [
    { title: "NAME" },
    { title: "BEGINS WITH" },
    { title: "ROLE" },
    { title: "CONFINED TO" },
    { title: "STATE" },
    { title: "ID" },
  ];
  const rows = infos.map((info) => [
    printable(info.name),
    info.prefix,
    info.role ?? "its user's",
    confinement(info),
    stateOf(cli, info),
    info.id,
  ]);
  terminal.print(renderTable(columns, rows, paint, tableWidth(terminal)));
}

function confinement({ readOnly, databases, collections, filter }: ApiKeyInfo): string {
  const parts = [
    readOnly ? "reading" : "",
    databases === null ? "" : `${databases.length} databases`,
    collections === null ? "" : `${collections.length} collections`,
    filter === null ? "" : "a filter",
  ].filter((part) => part !== "");
  return parts.length === 0 ? "-" : parts.join(", ");
}

function stateOf({ clock, terminal }: Cli, { revokedAt, expiresAt }: ApiKeyInfo): string {
  const paint = paintIf(terminal.outHasColors);
  if (revokedAt !== null) return paint("yellow", "revoked");
  if (expiresAt === null) return "good";
  return Date.parse(expiresAt) <= clock.nowMs() ? paint("yellow", "expired") : `good until ${expiresAt}`;
}
