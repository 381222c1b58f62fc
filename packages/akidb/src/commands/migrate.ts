import type { Command } from "commander";
import type { Cli } from "../cli.ts";
import { findingExitCode } from "../exitCodes.ts";
import type { MigrateFlags } from "../migrate/runMigration.ts";
import { examples } from "./examples.ts";

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
    .action(async (flags: MigrateFlags & { readonly dryRun?: true }) => {
      const { runMigration } = await import("../migrate/runMigration.ts");
      await runMigration(cli, flags);
    });
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
    .action(async (flags: MigrateFlags) => {
      const { runVerification } = await import("../migrate/runMigration.ts");
      await runVerification(cli, flags);
    });
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
