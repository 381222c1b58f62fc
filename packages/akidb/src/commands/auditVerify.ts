import { type AuditPosition, type AuditVerification, invalidArgument } from "@akidb/base";
import { auditVerificationToWire } from "@akidb/client";
import type { Command } from "commander";
import type { Cli } from "../cli.ts";
import { findingExitCode } from "../exitCodes.ts";
import type { ConnectionFlags } from "../target/connectionOptions.ts";
import { addFileOrServerOptions, dataDirectoryOf } from "../target/dataDirectoryOption.ts";
import { serverUrlOf } from "../target/findTarget.ts";
import { openTarget } from "../target/openTarget.ts";
import { formatCount } from "../terminal/formatNumber.ts";
import { examples } from "./examples.ts";
import { printJson } from "./printJson.ts";

/** Longer than the server's own limit. */
const verifyTimeoutMs = 24 * 60 * 60 * 1000;

const verifyHelp = `
The last line names the newest entry by its number and hash. Kept elsewhere and
given as --known the next time, it proves that nothing up to there was written
anew, which no file can prove of itself.
`;

interface VerifyFlags extends ConnectionFlags {
  readonly known?: AuditPosition;
  readonly json?: true;
}

export function registerAuditVerify(audit: Command, cli: Cli): void {
  addFileOrServerOptions(
    audit
      .command("verify")
      .summary("find entries that were changed, removed or put elsewhere")
      .description(
        "Recompute the hashes by which the entries of the audit log are chained, and find those that were changed, " +
          `removed or put elsewhere. Exits with ${findingExitCode} where there are any.`,
      ),
  )
    .option("--known <N:HASH>", "an entry as an earlier verification named it", position)
    .option("--json", "print the report as JSON")
    .addHelpText("after", verifyHelp)
    .addHelpText("after", examples("akidb audit verify --data-dir /srv/akidb"))
    .action(async (flags: VerifyFlags) => {
      const report = await verify(cli, flags);
      if (flags.json) printJson(cli, auditVerificationToWire(report));
      else printReport(cli, report);
      if (report.problemCount > 0) cli.exitWith(findingExitCode);
    });
}

async function verify(cli: Cli, flags: VerifyFlags): Promise<AuditVerification> {
  const { known } = flags;
  if (!serverUrlOf(cli, flags)) {
    const { verifyAuditLogOf } = await import("@akidb/database");
    return verifyAuditLogOf(dataDirectoryOf(cli, flags), known);
  }
  const db = await openTarget(cli, { flags, mayCreate: false });
  return await db.auditLog.verify({ ...(known !== undefined && { known }) }, { timeoutMs: verifyTimeoutMs });
}

function position(text: string): AuditPosition {
  const [, sequence, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (sequence !== undefined && hash !== undefined) return { sequence: Number(sequence), hash };
  throw invalidArgument("--known", `${JSON.stringify(text)} is not a number, ":" and 64 hexadecimal digits`);
}

function printReport({ terminal }: Cli, report: AuditVerification): void {
  const { entryCount, anchor, head, problems, problemCount } = report;
  for (const { sequence, problem } of problems) terminal.print(`entry ${sequence} ${problem}\n`);
  const more = problemCount - problems.length;
  if (more > 0) terminal.print(`and ${formatCount(more)} more\n`);
  const since = anchor.sequence > 0 ? ` behind entry ${anchor.sequence}, whose retention has ended` : "";
  const finding =
    problemCount === 0 ? "all are as they were written" : `${formatCount(problemCount)} problems`;
  terminal.print(`${formatCount(entryCount)} entries${since}: ${finding}\n`);
  terminal.print(`newest: ${head.sequence}:${head.hash}\n`);
}
