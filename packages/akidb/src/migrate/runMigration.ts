import { isAkiDbError } from "@akidb/base";
import {
  type MigrationPlan,
  type MigrationProgress,
  migrateV1,
  planV1Migration,
  verifyV1Migration,
} from "@akidb/migration";
import type { Cli } from "../cli.ts";
import { printJson } from "../commands/printJson.ts";
import { findingExitCode } from "../exitCodes.ts";
import { type ImportProgress, startImportProgress } from "../import/importProgress.ts";
import { printable } from "../terminal/printable.ts";
import { findingsToJson, type MigrationOutcome, outcomeToJson } from "./migrationJson.ts";
import { printOutcome, printPlan, printVerification } from "./printMigration.ts";

export interface MigrateFlags {
  readonly v1DataDir: string;
  readonly v2DataDir: string;
  readonly tenant?: string;
  readonly excludeCollection?: readonly string[];
  readonly json?: true;
}

export const runMigration = (cli: Cli, flags: MigrateFlags & { readonly dryRun?: true }): Promise<void> =>
  tellingAll(cli, () => migrate(cli, flags));

export const runVerification = (cli: Cli, flags: MigrateFlags): Promise<void> =>
  tellingAll(cli, () => verify(cli, flags));

async function migrate(cli: Cli, flags: MigrateFlags & { readonly dryRun?: true }): Promise<void> {
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

async function verify(cli: Cli, flags: MigrateFlags): Promise<void> {
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
