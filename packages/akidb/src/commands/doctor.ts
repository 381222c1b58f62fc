import type { Command } from "commander";
import type { Cli } from "../cli.ts";
import { diagnose } from "../doctor/diagnose.ts";
import type { Finding } from "../doctor/finding.ts";
import { findingExitCode } from "../exitCodes.ts";
import { addConnectionOptions, type ConnectionFlags } from "../target/connectionOptions.ts";
import { paintIf } from "../terminal/paint.ts";
import { printable } from "../terminal/printable.ts";
import { renderTable, tableWidth } from "../terminal/table.ts";
import { examples } from "./examples.ts";
import { printJson } from "./printJson.ts";

interface DoctorFlags extends ConnectionFlags {
  readonly json?: true;
}

export function registerDoctor(program: Command, cli: Cli): void {
  const command = program
    .command("doctor")
    .summary("check the machine and say what to do")
    .description(
      "Check Node, memory, disk, permissions, ports, object store and embedding model as a server would find them, and the " +
        `server itself if one runs. Exits with ${findingExitCode} where there is a problem.`,
    );
  addConnectionOptions(command)
    .option("--json", "print the findings as a JSON array")
    .addHelpText(
      "after",
      examples(
        "akidb doctor",
        "akidb doctor --data-dir /srv/akidb --json",
        "akidb doctor --url http://127.0.0.1:8080",
      ),
    )
    .action(async (flags: DoctorFlags) => {
      const findings = await diagnose(cli, cli.machine, flags);
      if (flags.json) printJson(cli, findings);
      else printFindings(cli, findings);
      if (findings.some(({ status }) => status === "problem")) cli.exitWith(findingExitCode);
    });
}

const styles = { ok: "green", warning: "yellow", problem: "red" } as const;

function printFindings({ terminal }: Cli, findings: readonly Finding[]): void {
  const paint = paintIf(terminal.outHasColors);
  const columns = [{ title: "CHECK" }, { title: "STATUS" }, { title: "FOUND" }];
  const rows = findings.map(({ check, status, detail }) => [
    check,
    paint(styles[status], status),
    printable(detail),
  ]);
  terminal.print(renderTable(columns, rows, paint, tableWidth(terminal)));
  const advised = findings.filter(({ advice }) => advice !== null);
  if (advised.length > 0) terminal.print("\n");
  for (const { check, advice } of advised)
    terminal.print(`${paint("bold", check)}: ${printable(advice ?? "")}\n`);
}
