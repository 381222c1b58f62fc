import type { VerificationReport } from "@akidb/base";
import { verificationReportToWire } from "@akidb/client";
import type { Command } from "commander";
import type { Cli } from "../cli.ts";
import { findingExitCode } from "../exitCodes.ts";
import { addConnectionOptions, type ConnectionFlags } from "../target/connectionOptions.ts";
import { verifyTarget } from "../target/verifyTarget.ts";
import { formatBytes, formatCount } from "../terminal/formatNumber.ts";
import { paintIf } from "../terminal/paint.ts";
import { printable } from "../terminal/printable.ts";
import { renderTable, tableWidth } from "../terminal/table.ts";
import { wrapText } from "../terminal/wrapText.ts";
import { examples } from "./examples.ts";
import { printJson } from "./printJson.ts";

interface VerifyFlags extends ConnectionFlags {
  readonly json?: true;
}

export function registerVerify(program: Command, cli: Cli): void {
  const command = program
    .command("verify")
    .summary("read every file and report damage")
    .description(
      "Read every file of a data directory by its checksums, and say what a damaged one means. Changes nothing. " +
        `Exits with ${findingExitCode} where something is damaged.`,
    );
  addConnectionOptions(command)
    .option("--json", "print the report as JSON")
    .addHelpText(
      "after",
      examples(
        "akidb verify                               # ./akidb-data, through its server if one runs",
        "akidb verify --data-dir /srv/akidb --json",
        "akidb verify --url http://127.0.0.1:8080",
      ),
    )
    .action(async (flags: VerifyFlags) => {
      const bar = cli.terminal.startBar({ title: "verify", total: 100 });
      const report = await verifyTarget(cli, flags, (share) => {
        const percent = Math.floor(100 * share);
        bar?.update(percent, `${percent} %`);
      }).finally(() => bar?.stop());
      if (flags.json) printJson(cli, verificationReportToWire(report));
      else printReport(cli, report);
      if (report.damages.length > 0) cli.exitWith(findingExitCode);
    });
}

function printReport(
  { terminal }: Cli,
  { damages, putAside, fileCount, byteCount }: VerificationReport,
): void {
  const checked = `${formatCount(fileCount)} files, ${formatBytes(byteCount)}`;
  if (putAside.length > 0) {
    const files = putAside.map(({ collection, file }) => `${collection}/${file}`).join(", ");
    terminal.note(`put aside by earlier starts, and read by nothing: ${printable(files)}\n`);
  }
  if (damages.length === 0) {
    terminal.print(`${checked}: nothing is damaged\n`);
    return;
  }
  const paint = paintIf(terminal.outHasColors);
  const columns = [{ title: "COLLECTION" }, { title: "FILE" }, { title: "LOST" }];
  const rows = damages.map(({ collection, file, loss }) => [collection ?? "-", printable(file), loss]);
  terminal.print(renderTable(columns, rows, paint, tableWidth(terminal)));
  for (const { collection, file, problem, effect, remedy } of damages) {
    const name = printable(collection === null ? file : `${collection}/${file}`);
    terminal.print(`\n${paint("bold", name)}\n`);
    for (const text of [problem, effect, `To mend it: ${remedy}`]) {
      const lines = wrapText(printable(text), terminal.columns - 2).split("\n");
      terminal.print(lines.map((line) => `  ${line}\n`).join(""));
    }
  }
  terminal.print(`\n${checked}: ${damages.length} damaged\n`);
}
