import { isAkiDbError } from "@akidb/base";
import {
  type MigrationPlan,
  type MigrationProgress,
  migrateV1,
  planV1Migration,
  verifyV1Migration,
} from "@akidb/migration";
import type { Command } from "commander";
import type { Cli } from "../cli.ts";
import { findingExitCode } from "../exitCodes.ts";
import { type ImportProgress, startImportProgress } from "../import/importProgress.ts";
import { findingsToJson, type MigrationOutcome, outcomeToJson } from "../migrate/migrationJson.ts";
import { printOutcome, printPlan, printVerification } from "../migrate/printMigration.ts";
import { printable } from "../terminal/printable.ts";
import { examples } from "./examples.ts";
import { printJson } from "./printJson.ts";

interface MigrateFlags {
  readonly v1DataDir: string;
  readonly v2DataDir: string;
  readonly tenant?: string;
  readonly excludeCollection?: readonly string[];
  readonly json?: true;
}

export function registerMigrate(program: Command, cli: Cli): void {
  const migrate = program
    .command("migrate")
    .summary("bring the data of AkiDB 1.x over")
    .description("Bring tenants and collections of AkiDB 1.x into a data directory of this version.")
    .addHelpText(
      "after",
      examples("akidb migrate v1-to-v2 --v1-data-dir /srv/akidb-1 --v2-data-dir /srv/akidb"),
    );
  registerV1ToV2(migrate, cli);
  registerVerify(migrate, cli);
}

function registerV1ToV2(migrate: Command, cli: Cli): void {
  addOptions(
    migrate
      .command("v1-to-v2")
      .summary("migrate from AkiDB 1.x")
      .description(
        "Migrate every tenant of AkiDB 1.x, with its collections and its API key, into a data directory that no server " +
          "has open. All of it is there when the command ends, or nothing is; a second run changes nothing. " +
          "migration.log in the new directory keeps each step.",
      ),
  )
    .option("--dry-run", "read and check everything, print the plan, and write nothing")
    .option("--json", "print plan and result as JSON")
    .addHelpText(
      "after",
      examples(
        "akidb migrate v1-to-v2 --v1-data-dir /srv/akidb-1 --v2-data-dir /srv/akidb --dry-run",
        "akidb migrate v1-to-v2 --v1-data-dir /srv/akidb-1 --v2-data-dir /srv/akidb --tenant acme",
      ),
    )
    .action((flags: MigrateFlags & { readonly dryRun?: true }) =>
      tellingAll(cli, () => runMigration(cli, flags)),
    );
}

function registerVerify(migrate: Command, cli: Cli): void {
  addOptions(
    migrate
      .command("verify")
      .summary("compare a migrated data directory with AkiDB 1.x")
      .description(
        "Compare everything that AkiDB 1.x has with a data directory that no server has open: counts, identifiers, " +
          "slugs, what refers to what, and every document with its vector and metadata. Exits with " +
          `${findingExitCode} where anything differs.`,
      ),
  )
    .option("--json", "print the report as JSON")
    .addHelpText(
      "after",
      examples("akidb migrate verify --v1-data-dir /srv/akidb-1 --v2-data-dir /srv/akidb"),
    )
    .action((flags: MigrateFlags) => tellingAll(cli, () => runVerification(cli, flags)));
}

const addOptions = (command: Command): Command =>
  command
    .requiredOption("--v1-data-dir <DIR>", "the data directory of AkiDB 1.x, which is only read")
    .requiredOption("--v2-data-dir <DIR>", "the new data directory, made where there is none")
    .option("--tenant <SLUG>", "this tenant alone, by the slug that it gets")
    .option(
      "--exclude-collection <NAME>",
      "leave collections of this name out; may be given several times",
      (name: string, before: readonly string[] = []) => [...before, name],
    );

async function runMigration(cli: Cli, flags: MigrateFlags & { readonly dryRun?: true }): Promise<void> {
  const startMs = cli.clock.monotonicMs();
  using progress = new LateProgress(cli);
  const options = {
    ...placesOf(cli, flags),
    onProgress: progress.show,
    onPlan: (plan: MigrationPlan) => {
      if (!flags.json) printPlan(cli, plan);
    },
  };
  const { plan, documentCount, verification } = flags.dryRun
    ? { ...(await planV1Migration(options)), verification: undefined }
    : await migrateV1({ ...options, command: "akidb migrate v1-to-v2" });
  progress.stop();
  const durationMs = cli.clock.monotonicMs() - startMs;
  const outcome: MigrationOutcome = { plan, documentCount, verification, durationMs };
  if (flags.json) printJson(cli, outcomeToJson(outcome));
  else printOutcome(cli, outcome);
  if (verification !== undefined && verification.findingCount > 0) cli.exitWith(findingExitCode);
}

async function runVerification(cli: Cli, flags: MigrateFlags): Promise<void> {
  using progress = new LateProgress(cli);
  const findings = await verifyV1Migration({
    ...placesOf(cli, flags),
    onProgress: progress.show,
    command: "akidb migrate verify",
  });
  progress.stop();
  if (flags.json) printJson(cli, findingsToJson(findings));
  else printVerification(cli, findings);
  if (findings.findingCount > 0) cli.exitWith(findingExitCode);
}

const placesOf = ({ clock, random }: Cli, flags: MigrateFlags) => ({
  v1Directory: flags.v1DataDir,
  v2Directory: flags.v2DataDir,
  tenant: flags.tenant,
  excludedCollections: flags.excludeCollection ?? [],
  clock,
  random,
});

/** How many of the bad fields are shown before the error, which names the first. */
const problemsShown = 100;

/** An error has one line, but of a directory of 1.x everything that is wrong is worth to be known. */
async function tellingAll({ terminal }: Cli, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (isAkiDbError(error) && error.violations.length > 1) {
      for (const { path, detail } of error.violations.slice(0, problemsShown)) {
        terminal.note(`${printable(`${path}: ${detail}`)}\n`);
      }
    }
    throw error;
  }
}

/** How much there is to read is known with the first of it. */
class LateProgress implements Disposable {
  readonly #cli: Cli;
  #progress: ImportProgress | undefined;

  constructor(cli: Cli) {
    this.#cli = cli;
  }

  readonly show = ({ bytesRead, totalBytes, documentCount }: MigrationProgress): void => {
    const { terminal, clock } = this.#cli;
    this.#progress ??= startImportProgress({ terminal, clock, title: "documents", totalBytes });
    this.#progress.update({ bytesRead, importedCount: documentCount, rejectedCount: 0 });
  };

  stop(): void {
    this.#progress?.stop();
    this.#progress = undefined;
  }

  [Symbol.dispose](): void {
    this.stop();
  }
}
