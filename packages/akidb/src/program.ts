import { Command, CommanderError } from "commander";
import type { Cli } from "./cli.ts";
import { registerAudit } from "./commands/audit.ts";
import { registerBackup, registerRestore } from "./commands/backup.ts";
import { registerBackups } from "./commands/backups.ts";
import { registerCircuitBreaker } from "./commands/circuitBreaker.ts";
import { registerCollections } from "./commands/collections.ts";
import { registerCompletion } from "./commands/completion.ts";
import { registerCount } from "./commands/count.ts";
import { registerDatabases } from "./commands/databases.ts";
import { registerDb } from "./commands/db.ts";
import { registerDelete } from "./commands/delete.ts";
import { registerDemo } from "./commands/demo.ts";
import { registerDlq } from "./commands/dlq.ts";
import { registerDoctor } from "./commands/doctor.ts";
import { examples } from "./commands/examples.ts";
import { registerExport } from "./commands/export.ts";
import { registerFacets } from "./commands/facets.ts";
import { registerGc } from "./commands/gc.ts";
import { registerGet } from "./commands/get.ts";
import { registerImport } from "./commands/import.ts";
import { registerInit } from "./commands/init.ts";
import { registerKeys } from "./commands/keys.ts";
import { registerMcp } from "./commands/mcp.ts";
import { registerMigrate } from "./commands/migrate.ts";
import { registerModel } from "./commands/model.ts";
import { registerPatch } from "./commands/patch.ts";
import { registerPolicies } from "./commands/policies.ts";
import { registerQuery } from "./commands/query.ts";
import { registerScroll } from "./commands/scroll.ts";
import { registerServe } from "./commands/serve.ts";
import { registerSnapshots } from "./commands/snapshots.ts";
import { registerTenants } from "./commands/tenants.ts";
import { registerTiers } from "./commands/tiers.ts";
import { registerUsage } from "./commands/usage.ts";
import { registerUsers } from "./commands/users.ts";
import { registerVerify } from "./commands/verify.ts";
import { exitCodeHelp } from "./exitCodes.ts";
import { UsageError } from "./usageError.ts";

/**
 * Runs one command line.
 *
 * @param args without the program's name
 * @throws AkiDbError, or UsageError for what is not a command line of this program
 */
export async function runProgram(args: readonly string[], cli: Cli): Promise<void> {
  const program = createProgram(cli);
  try {
    await program.parseAsync(withDefaultCommand(args), { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help and version were asked for, and are printed by now.
    if (error.exitCode === 0) return;
    const command = commandOf(program, args);
    // A command of commands without one of them: commander has printed its help, and has no words for why.
    const message = error.code === "commander.help" ? "a command is missing" : error.message;
    throw new UsageError(message, command);
  }
}

/** As it is called: `akidb collections create`. */
function commandOf(program: Command, args: readonly string[]): string {
  const names = [program.name()];
  let command: Command | undefined = program;
  for (const name of args) {
    command = command.commands.find((each) => each.name() === name);
    if (command === undefined) break;
    names.push(name);
  }
  return names.join(" ");
}

/** Commander's own default command takes an unknown one for an argument, and so knows no better name for it. */
function withDefaultCommand(args: readonly string[]): readonly string[] {
  const [first] = args;
  const isForProgram = first !== undefined && ["-h", "--help", "-V", "--version"].includes(first);
  const isCommand = first !== undefined && !first.startsWith("-");
  return isForProgram || isCommand ? args : ["serve", ...args];
}

export function createProgram(cli: Cli): Command {
  const { terminal, version } = cli;
  const program = new Command("akidb")
    .description("AkiDB, a vector database. Without a command it starts a server.")
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand("help [COMMAND]", "print the help of a command")
    .configureHelp({ showGlobalOptions: false })
    .configureOutput({
      writeOut: (text) => terminal.print(text),
      writeErr: (text) => terminal.note(text),
      // Errors are reported where all others are.
      outputError: () => {},
      getOutHelpWidth: () => terminal.columns,
      getErrHelpWidth: () => terminal.columns,
    })
    .exitOverride()
    .addHelpText(
      "after",
      examples(
        "akidb                                   # a server on http://127.0.0.1:8080",
        "akidb import books.csv                  # into the collection books, texts embedded on the way",
        'akidb query books "sorting in linear time"',
        'akidb demo "How do I change the port?"  # without a server',
      ),
    )
    .addHelpText("after", exitCodeHelp);
  registerServe(program, cli);
  registerInit(program, cli);
  registerImport(program, cli);
  registerExport(program, cli);
  registerQuery(program, cli);
  registerScroll(program, cli);
  registerCount(program, cli);
  registerFacets(program, cli);
  registerCollections(program, cli);
  registerDatabases(program, cli);
  registerTenants(program, cli);
  registerSnapshots(program, cli);
  registerTiers(program, cli);
  registerUsage(program, cli);
  registerVerify(program, cli);
  registerDoctor(program, cli);
  registerDlq(program, cli);
  registerCircuitBreaker(program, cli);
  registerGc(program, cli);
  registerGet(program, cli);
  registerPatch(program, cli);
  registerDelete(program, cli);
  registerBackup(program, cli);
  registerBackups(program, cli);
  registerRestore(program, cli);
  registerDb(program, cli);
  registerMigrate(program, cli);
  registerModel(program, cli);
  registerUsers(program, cli);
  registerKeys(program, cli);
  registerPolicies(program, cli);
  registerAudit(program, cli);
  registerMcp(program, cli);
  registerDemo(program, cli);
  registerCompletion(program, cli);
  return program;
}
