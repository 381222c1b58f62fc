import {
  type CreateTenantInput,
  type JsonObject,
  settableTenantStatuses,
  type TenantInfo,
  type UpdateTenantInput,
} from "@akidb/base";
import { tenantToWire } from "@akidb/client";
import type { Command } from "commander";
import type { Cli } from "../cli.ts";
import { partialExitCode } from "../exitCodes.ts";
import { addConnectionOptions, type ConnectionFlags } from "../target/connectionOptions.ts";
import { withTarget } from "../target/openTarget.ts";
import { formatBytes, formatCount } from "../terminal/formatNumber.ts";
import { paintIf } from "../terminal/paint.ts";
import { printable } from "../terminal/printable.ts";
import { renderTable, tableWidth } from "../terminal/table.ts";
import { allPages } from "./allPages.ts";
import { confirmDeletion } from "./confirmDeletion.ts";
import { examples } from "./examples.ts";
import { parseMetadata } from "./parseMetadata.ts";
import { oneOf, wholeNumber } from "./parseOption.ts";
import { printFields } from "./printFields.ts";
import { printJson } from "./printJson.ts";
import { waitForJob } from "./waitForJob.ts";

interface Flags extends Omit<ConnectionFlags, "database"> {
  readonly json?: true;
}

interface AttributeFlags extends Flags {
  readonly externalId?: string;
  readonly memoryQuota?: number;
  readonly storageQuota?: number;
  readonly qpsQuota?: number;
  readonly metadata?: JsonObject;
}

type Status = NonNullable<UpdateTenantInput["status"]>;

export function registerTenants(program: Command, cli: Cli): void {
  const tenants = program
    .command("tenants")
    .summary("list, create, show, change, suspend and delete tenants")
    .description("List, create, show, change, suspend and delete tenants. For whoever runs the server.")
    .addHelpText(
      "after",
      examples('akidb tenants create "Acme Corp."', "akidb tenants update acme-corp --status suspended"),
    );
  registerList(tenants, cli);
  registerCreate(tenants, cli);
  registerGet(tenants, cli);
  registerUpdate(tenants, cli);
  registerDelete(tenants, cli);
}

function registerList(tenants: Command, cli: Cli): void {
  const command = tenants.command("list").description("List all tenants, in order of creation.");
  addConnectionOptions(command)
    .option("--json", "print them as a JSON array")
    .addHelpText("after", examples("akidb tenants list --json | jq -r '.[].slug'"))
    .action(async (flags: Flags) => {
      const infos = await withTarget(cli, { flags, mayCreate: false }, (db) =>
        allPages((page) => db.tenants.list(page)),
      );
      if (flags.json) return printJson(cli, infos.map(tenantToWire));
      printTenants(cli, infos);
    });
}

/** What a tenant may be created with, and what of it may change. */
const addAttributeOptions = (command: Command): Command =>
  addConnectionOptions(command)
    .option("--external-id <ID>", "its name in another system; empty for none")
    .option("--memory-quota <BYTES>", "memory of its collections", bytes("--memory-quota"))
    .option("--storage-quota <BYTES>", "disk and objects of its collections", bytes("--storage-quota"))
    .option("--qps-quota <N>", "requests per second", wholeNumber("--qps-quota", 1, Number.MAX_SAFE_INTEGER))
    .option("--metadata <JSON>", "an object, in place of what there is", parseMetadata)
    .option("--json", "print it as JSON");

const bytes = (flag: string) => wholeNumber(flag, 0, Number.MAX_SAFE_INTEGER);

const attributesOf = ({ externalId, memoryQuota, storageQuota, qpsQuota, metadata }: AttributeFlags) => ({
  ...(externalId !== undefined && { externalId: externalId || null }),
  ...(memoryQuota !== undefined && { memoryQuotaBytes: memoryQuota }),
  ...(storageQuota !== undefined && { storageQuotaBytes: storageQuota }),
  ...(qpsQuota !== undefined && { qpsQuota }),
  ...(metadata !== undefined && { metadata }),
});

function registerCreate(tenants: Command, cli: Cli): void {
  const command = tenants
    .command("create")
    .description("Create a tenant, active, with a database `default`.")
    .argument("<NAME>", "as people know it");
  addAttributeOptions(command)
    .option("--slug <SLUG>", "lower-case letters and digits joined by - (default: made of the name)")
    .addHelpText(
      "after",
      examples(
        'akidb tenants create "Acme Corp." --slug acme',
        'akidb tenants create Globex --memory-quota 8589934592 --metadata \'{"plan": "pro"}\'',
      ),
    )
    .action(async (name: string, flags: AttributeFlags & { readonly slug?: string }) => {
      const { slug } = flags;
      const input: CreateTenantInput = {
        name,
        ...(slug !== undefined && { slug }),
        ...attributesOf(flags),
      };
      const info = await withTarget(cli, { flags, mayCreate: true }, (db) => db.tenants.create(input));
      if (flags.json) return printJson(cli, tenantToWire(info));
      cli.terminal.print(`created tenant ${info.slug}\n`);
    });
}

function registerGet(tenants: Command, cli: Cli): void {
  const command = tenants.command("get").description("Show a tenant.").argument("<TENANT>", "slug or id");
  addConnectionOptions(command)
    .option("--json", "print it as JSON")
    .addHelpText("after", examples("akidb tenants get acme"))
    .action(async (tenant: string, flags: Flags) => {
      const info = await withTarget(cli, { flags, mayCreate: false }, (db) => db.tenants.get(tenant));
      printTenant(cli, info, flags);
    });
}

function registerUpdate(tenants: Command, cli: Cli): void {
  const command = tenants
    .command("update")
    .description("Change a tenant.")
    .argument("<TENANT>", "slug or id");
  addAttributeOptions(command)
    .option("--name <NAME>", "its new name")
    .option(
      "--status <STATUS>",
      `${settableTenantStatuses.join(", ")}; the last is final`,
      oneOf("--status", settableTenantStatuses),
    )
    .addHelpText(
      "after",
      examples("akidb tenants update acme --qps-quota 500", "akidb tenants update acme --status suspended"),
    )
    .action(
      async (
        tenant: string,
        flags: AttributeFlags & { readonly name?: string; readonly status?: Status },
      ) => {
        const { name, status } = flags;
        const changes: UpdateTenantInput = {
          ...(name !== undefined && { name }),
          ...(status !== undefined && { status }),
          ...attributesOf(flags),
        };
        const info = await withTarget(cli, { flags, mayCreate: false }, (db) =>
          db.tenants.update(tenant, changes),
        );
        printTenant(cli, info, flags);
      },
    );
}

function registerDelete(tenants: Command, cli: Cli): void {
  const command = tenants
    .command("delete")
    .description("Delete a tenant with all that it has, and wait until nothing is left of it.")
    .argument("<TENANT>", "slug or id");
  addConnectionOptions(command)
    .option("--yes", "do not ask")
    .option("--json", "print what was deleted as JSON")
    .addHelpText("after", examples("akidb tenants delete acme"))
    .action(async (tenant: string, flags: Flags & { readonly yes?: true }) => {
      await withTarget(cli, { flags, mayCreate: false }, async (db) => {
        const info = await db.tenants.get(tenant);
        const { slug } = info;
        if (!flags.yes && !(await confirmDeletion(cli, `tenant ${slug} with all that it has`))) {
          cli.terminal.note("nothing was deleted\n");
          return cli.exitWith(partialExitCode);
        }
        await waitForJob(cli, db, await db.tenants.delete(tenant), `tenant ${slug}`);
        if (flags.json) return printJson(cli, tenantToWire(info));
        cli.terminal.print(`deleted tenant ${slug}\n`);
      });
    });
}

function printTenants({ terminal }: Cli, infos: readonly TenantInfo[]): void {
  const columns = [
    { title: "SLUG" },
    { title: "NAME" },
    { title: "STATUS" },
    { title: "MEMORY", align: "right" },
    { title: "STORAGE", align: "right" },
    { title: "REQUESTS/S", align: "right" },
    { title: "CREATED" },
  ] as const;
  const rows = infos.map((info) => [
    info.slug,
    printable(info.name),
    info.status,
    formatBytes(info.memoryQuotaBytes),
    formatBytes(info.storageQuotaBytes),
    formatCount(info.qpsQuota),
    info.createdAt,
  ]);
  terminal.print(renderTable(columns, rows, paintIf(terminal.outHasColors), tableWidth(terminal)));
}

function printTenant(cli: Cli, info: TenantInfo, { json }: Flags): void {
  if (json) {
    printJson(cli, tenantToWire(info));
    return;
  }
  printFields(cli, [
    ["slug", info.slug],
    ["id", info.id],
    ["name", printable(info.name)],
    ["external id", printable(info.externalId ?? "none")],
    ["status", info.status],
    ["memory quota", formatBytes(info.memoryQuotaBytes)],
    ["storage quota", formatBytes(info.storageQuotaBytes)],
    ["requests/s", formatCount(info.qpsQuota)],
    ["metadata", JSON.stringify(info.metadata)],
    ["created", info.createdAt],
    ["updated", info.updatedAt],
  ]);
}
