import { type AuditFormat, auditFormats } from "@akidb/base";
import type { Command } from "commander";
import type { Cli } from "../cli.ts";
import { type BinaryWriter, stdoutPath } from "../files.ts";
import type { ConnectionFlags } from "../target/connectionOptions.ts";
import { addFileOrServerOptions, dataDirectoryOf } from "../target/dataDirectoryOption.ts";
import { serverUrlOf } from "../target/findTarget.ts";
import { openTarget } from "../target/openTarget.ts";
import { formatBytes, formatCount } from "../terminal/formatNumber.ts";
import { printable } from "../terminal/printable.ts";
import { type AuditFlags, addAuditOptions, auditQuery } from "./auditFlags.ts";
import { examples } from "./examples.ts";
import { oneOf } from "./parseOption.ts";

interface ExportFlags extends ConnectionFlags, AuditFlags {
  readonly output: string;
  readonly format?: AuditFormat;
}

const exportHelp = `
Of a data directory it has the entries of all tenants where --tenant names none.`;

export function registerAuditExport(audit: Command, cli: Cli): void {
  addAuditOptions(
    addFileOrServerOptions(
      audit.command("export").description("Write the audit log as JSONL or CSV, the oldest entry first."),
    ),
  )
    .option("--output <FILE>", "where to; - is the standard output", stdoutPath)
    .option(
      "--format <FORMAT>",
      `${auditFormats.join(", ")} (default: by the name of the output, else jsonl)`,
      oneOf("--format", auditFormats),
    )
    .addHelpText("after", exportHelp)
    .addHelpText(
      "after",
      examples(
        "akidb audit export --output audit.csv --result denied",
        "akidb audit export --since 2026-01-01T00:00:00Z | gzip > audit.jsonl.gz",
      ),
    )
    .action(async (flags: ExportFlags) => {
      const { output } = flags;
      const format = flags.format ?? (output.endsWith(".csv") ? "csv" : "jsonl");
      const file = await cli.files.createBinary(output);
      try {
        const what = serverUrlOf(cli, flags)
          ? await exportOfServer(cli, { file, flags, format })
          : await exportOfFiles(cli, { file, flags, format });
        await file.commit();
        const place = output === stdoutPath ? "" : ` to ${printable(output)}`;
        cli.terminal.note(`exported ${what}${place}\n`);
      } catch (error) {
        await file.abandon();
        throw error;
      }
    });
}

interface Export {
  readonly file: BinaryWriter;
  readonly flags: ExportFlags;
  readonly format: AuditFormat;
}

/** @returns how much it was */
async function exportOfServer(cli: Cli, { file, flags, format }: Export): Promise<string> {
  const db = await openTarget(cli, { flags, mayCreate: false });
  const body = await db.auditLog.export({ ...auditQuery(flags), format });
  let bytes = 0;
  for await (const chunk of body) {
    await file.write(chunk);
    bytes += chunk.length;
  }
  return formatBytes(bytes);
}

/** @returns how many they were */
async function exportOfFiles(cli: Cli, { file, flags, format }: Export): Promise<string> {
  const encoder = new TextEncoder();
  const { exportAuditLog } = await import("@akidb/database");
  const count = await exportAuditLog({
    directory: dataDirectoryOf(cli, flags),
    clock: cli.clock,
    random: cli.random,
    format,
    query: auditQuery(flags),
    write: (text) => file.write(encoder.encode(text)),
  });
  return `${formatCount(count)} entries`;
}
