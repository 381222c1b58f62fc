import { invalidArgument } from "@akidb/base";
import {
  type AuditFormat,
  type AuditPosition,
  type AuditResult,
  auditFormats,
  auditResults,
  exportAuditLog,
  type VerifiedAuditLog,
  verifyAuditLogOf,
} from "@akidb/database";
import type { Command } from "commander";
import type { Cli } from "../cli.ts";
import { findingExitCode } from "../exitCodes.ts";
import { stdoutPath } from "../files.ts";
import {
  addDataDirectoryOption,
  type DataDirectoryFlag,
  dataDirectoryOf,
} from "../target/dataDirectoryOption.ts";
import { formatCount } from "../terminal/formatNumber.ts";
import { printable } from "../terminal/printable.ts";
import { examples } from "./examples.ts";
import { oneOf } from "./parseOption.ts";
import { printJson } from "./printJson.ts";

export function registerAudit(program: Command, cli: Cli): void {
  const audit = program
    .command("audit")
    .summary("verify or export the audit log")
    .description("Verify or export the audit log of a data directory, whether a server has it open or not.")
    .addHelpText("after", examples("akidb audit verify", "akidb audit export --output audit.jsonl"));
  registerVerify(audit, cli);
  registerExport(audit, cli);
}

const verifyHelp = `
The last line names the newest entry by its number and hash. Kept elsewhere and
given as --known the next time, it proves that nothing up to there was written
anew, which no file can prove of itself.
`;

interface VerifyFlags extends DataDirectoryFlag {
  readonly known?: AuditPosition;
  readonly json?: true;
}

function registerVerify(audit: Command, cli: Cli): void {
  addDataDirectoryOption(
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
    .action((flags: VerifyFlags) => {
      const report = verifyAuditLogOf(dataDirectoryOf(cli, flags), flags.known);
      if (flags.json) printJson(cli, reportToJson(report));
      else printReport(cli, report);
      if (report.problemCount > 0) cli.exitWith(findingExitCode);
    });
}

function position(text: string): AuditPosition {
  const [, sequence, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (sequence !== undefined && hash !== undefined) return { sequence: Number(sequence), hash };
  throw invalidArgument("--known", `${JSON.stringify(text)} is not a number, ":" and 64 hexadecimal digits`);
}

function printReport({ terminal }: Cli, report: VerifiedAuditLog): void {
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

const reportToJson = ({ entryCount, anchor, head, problems, problemCount }: VerifiedAuditLog) => ({
  entry_count: entryCount,
  anchor,
  head,
  problem_count: problemCount,
  problems,
});

interface ExportFlags extends DataDirectoryFlag {
  readonly output: string;
  readonly format?: AuditFormat;
  readonly tenant?: string;
  readonly result?: AuditResult;
  readonly since?: string;
  readonly until?: string;
}

function registerExport(audit: Command, cli: Cli): void {
  addDataDirectoryOption(
    audit.command("export").description("Write the audit log as JSONL or CSV, the oldest entry first."),
  )
    .option("--output <FILE>", "where to; - is the standard output", stdoutPath)
    .option(
      "--format <FORMAT>",
      `${auditFormats.join(", ")} (default: by the name of the output, else jsonl)`,
      oneOf("--format", auditFormats),
    )
    .option("--tenant <SLUG>", "entries of one tenant (default: of all)")
    .option("--result <RESULT>", auditResults.join(", "), oneOf("--result", auditResults))
    .option("--since <TIME>", "entries from this time on (ISO 8601 with its zone)", time("--since"))
    .option("--until <TIME>", "entries before this time", time("--until"))
    .addHelpText(
      "after",
      examples(
        "akidb audit export --output audit.csv --result denied",
        "akidb audit export --since 2026-01-01T00:00:00Z | gzip > audit.jsonl.gz",
      ),
    )
    .action(async (flags: ExportFlags) => {
      const { output, tenant, result, since, until } = flags;
      const format = flags.format ?? (output.endsWith(".csv") ? "csv" : "jsonl");
      const file = await cli.files.createBinary(output);
      const encoder = new TextEncoder();
      try {
        const count = await exportAuditLog({
          directory: dataDirectoryOf(cli, flags),
          clock: cli.clock,
          random: cli.random,
          format,
          ...(tenant !== undefined && { tenant }),
          ...(result !== undefined && { result }),
          ...(since !== undefined && { since }),
          ...(until !== undefined && { until }),
          write: (text) => file.write(encoder.encode(text)),
        });
        await file.commit();
        const place = output === stdoutPath ? "" : ` to ${printable(output)}`;
        cli.terminal.note(`exported ${formatCount(count)} entries${place}\n`);
      } catch (error) {
        await file.abandon();
        throw error;
      }
    });
}

const zoned = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/;

const time =
  (flag: string) =>
  (text: string): string => {
    const ms = zoned.test(text) ? Date.parse(text) : Number.NaN;
    if (!Number.isNaN(ms)) return new Date(ms).toISOString();
    throw invalidArgument(flag, `${JSON.stringify(text)} is not a time such as 2026-01-31T09:30:00Z`);
  };
