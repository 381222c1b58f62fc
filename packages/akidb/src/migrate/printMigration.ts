import {
  collectionsToCreate,
  documentBytes,
  type MigrationPlan,
  tenantsToCreate,
  type VerificationFindings,
} from "@akidb/migration";
import type { Cli } from "../cli.ts";
import { formatBytes, formatCount } from "../terminal/formatNumber.ts";
import { paintIf } from "../terminal/paint.ts";
import { printable } from "../terminal/printable.ts";
import { renderTable, tableWidth } from "../terminal/table.ts";
import type { MigrationOutcome } from "./migrationJson.ts";

export function printPlan({ terminal }: Cli, { tenants, ignoredFiles }: MigrationPlan): void {
  const columns = [
    { title: "SLUG" },
    { title: "NAME" },
    { title: "STATUS" },
    { title: "COLLECTIONS", align: "right" },
    { title: "BYTES", align: "right" },
    { title: "ACTION" },
  ] as const;
  const rows = tenants.map(({ action, records: { tenant }, collections }) => {
    const toCreate = collections.filter((collection) => collection.action === "create");
    const isDone = action === "exists" && toCreate.length === 0;
    const size = formatBytes(documentBytes(toCreate));
    return [
      tenant.slug,
      printable(tenant.name),
      tenant.status,
      `${toCreate.length} of ${collections.length}`,
      size,
      isDone ? "exists" : action === "exists" ? "add collections" : "create",
    ];
  });
  terminal.print(renderTable(columns, rows, paintIf(terminal.outHasColors), tableWidth(terminal)));
  for (const path of ignoredFiles) terminal.note(`not of a tenant, and left alone: ${printable(path)}\n`);
}

export function printOutcome(cli: Cli, { plan, documentCount, verification }: MigrationOutcome): void {
  const tenants = tenantsToCreate(plan).length;
  const collections = collectionsToCreate(plan).length;
  const made =
    `${counted(tenants, "tenant")} and ${counted(collections, "collection")} ` +
    `with ${counted(documentCount, "document")}`;
  const isDone = tenants === 0 && collections === 0;
  if (isDone) cli.terminal.print("there is nothing to migrate: everything is there already\n");
  else if (verification === undefined) {
    cli.terminal.print(`would create ${made}; every document can be read; nothing was written\n`);
  } else cli.terminal.print(`created ${made}\n`);
  if (verification === undefined) return;
  printFindings(cli, verification);
  const { tenantCount, collectionCount } = verification;
  cli.terminal.print(
    `verified counts, identifiers, slugs and references of ${counted(tenantCount, "tenant")} and ` +
      `${counted(collectionCount, "collection")}: ${describeFindings(verification)}\n`,
  );
}

export function printVerification(cli: Cli, findings: VerificationFindings): void {
  printFindings(cli, findings);
  const { tenantCount, collectionCount, documentCount } = findings;
  cli.terminal.print(
    `${counted(tenantCount, "tenant")}, ${counted(collectionCount, "collection")}, ` +
      `${counted(documentCount, "document")}: ${describeFindings(findings)}\n`,
  );
}

function printFindings({ terminal }: Cli, { findings, findingCount }: VerificationFindings): void {
  for (const { place, problem } of findings) terminal.print(`${printable(`${place}: ${problem}`)}\n`);
  const more = findingCount - findings.length;
  if (more > 0) terminal.print(`and ${formatCount(more)} more\n`);
}

const describeFindings = ({ findingCount }: VerificationFindings): string =>
  findingCount === 0 ? "all as in 1.x" : counted(findingCount, "difference");

const counted = (count: number, noun: string): string =>
  `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;
