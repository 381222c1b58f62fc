import type { Command } from "commander";
import type { Cli } from "../cli.ts";
import { registerAuditExport } from "./auditExport.ts";
import { registerAuditList } from "./auditList.ts";
import { registerAuditVerify } from "./auditVerify.ts";
import { examples } from "./examples.ts";

export function registerAudit(program: Command, cli: Cli): void {
  const audit = program
    .command("audit")
    .summary("list, export or verify the audit log")
    .description(
      "List, export or verify the audit log: of a server, or of a data directory, whether a server has it open or not.",
    )
    .addHelpText(
      "after",
      examples(
        "akidb audit list --result denied",
        "akidb audit verify",
        "akidb audit export --output audit.jsonl",
      ),
    );
  registerAuditList(audit, cli);
  registerAuditVerify(audit, cli);
  registerAuditExport(audit, cli);
}
