import type { DeadLetter } from "@akidb/base";
import { deadLetterRetryToWire, deadLetterToWire } from "@akidb/client";
import type { Command } from "commander";
import type { Cli } from "../cli.ts";
import { partialExitCode } from "../exitCodes.ts";
import { addConnectionOptions, type ConnectionFlags } from "../target/connectionOptions.ts";
import { withTarget } from "../target/openTarget.ts";
import { formatCount } from "../terminal/formatNumber.ts";
import { paintIf } from "../terminal/paint.ts";
import { printable } from "../terminal/printable.ts";
import { renderTable, tableWidth } from "../terminal/table.ts";
import { allPages } from "./allPages.ts";
import { examples } from "./examples.ts";
import { printJson } from "./printJson.ts";

interface DlqFlags extends ConnectionFlags {
  readonly json?: true;
}

export function registerDlq(program: Command, cli: Cli): void {
  const dlq = program
    .command("dlq")
    .summary("see and retry what waits for the object store")
    .description(
      "What could not be brought to the object store, or removed there, waits in the dead-letter queue and is tried again by itself.",
    )
    .addHelpText("after", examples("akidb dlq list", "akidb dlq retry 0198b2c4-63f0-7c0e-b3a5-3c3f0a8e4f10"));
  addConnectionOptions(dlq.command("list").description("List what waits, in the order of noting."))
    .option("--json", "print it as a JSON array")
    .addHelpText("after", examples("akidb dlq list --json"))
    .action((flags: DlqFlags) => list(cli, flags));
  addConnectionOptions(
    dlq
      .command("retry")
      .description(
        "Try all of a collection at once. " +
          `Exits with ${partialExitCode} where something of it failed again.`,
      )
      .argument("<COLLECTION_ID>", "id of the collection, as dlq list has it"),
  )
    .option("--json", "print what came of it as JSON")
    .addHelpText("after", examples("akidb dlq retry 0198b2c4-63f0-7c0e-b3a5-3c3f0a8e4f10"))
    .action((id: string, flags: DlqFlags) => retry(cli, id, flags));
}

async function list(cli: Cli, flags: DlqFlags): Promise<void> {
  const letters = await withTarget(cli, { flags, mayCreate: false }, (db) =>
    allPages((page) => db.deadLetters.list(page)),
  );
  if (flags.json) return printJson(cli, letters.map(deadLetterToWire));
  if (letters.length === 0) return cli.terminal.note("nothing waits for the object store\n");
  printLetters(cli, letters);
}

async function retry(cli: Cli, id: string, flags: DlqFlags): Promise<void> {
  const outcome = await withTarget(cli, { flags, mayCreate: false }, (db) => db.deadLetters.retry(id));
  const { retriedCount, succeededCount } = outcome;
  if (flags.json) printJson(cli, deadLetterRetryToWire(outcome));
  else {
    const failed = retriedCount - succeededCount;
    cli.terminal.print(
      `${formatCount(retriedCount)} tried, ${formatCount(succeededCount)} done` +
        `${failed > 0 ? `, ${formatCount(failed)} failed again: akidb dlq list has the reason` : ""}\n`,
    );
  }
  if (succeededCount < retriedCount) cli.exitWith(partialExitCode);
}

function printLetters({ terminal }: Cli, letters: readonly DeadLetter[]): void {
  const columns = [
    { title: "COLLECTION ID" },
    { title: "COLLECTION" },
    { title: "OPERATION" },
    { title: "KEY" },
    { title: "ATTEMPTS", align: "right" },
    { title: "NEXT ATTEMPT" },
    { title: "LAST ERROR" },
  ] as const;
  const rows = letters.map((letter) => [
    letter.collectionId,
    printable(letter.collection),
    letter.operation,
    printable(letter.key),
    formatCount(letter.attempts),
    letter.nextAttemptAt,
    printable(letter.lastError),
  ]);
  terminal.print(renderTable(columns, rows, paintIf(terminal.outHasColors), tableWidth(terminal)));
}
