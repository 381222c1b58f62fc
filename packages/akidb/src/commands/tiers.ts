import { type CollectionTier, type TierAction, type TierMetrics, tiers as tierNames } from "@akidb/base";
import { tierMetricsToWire, tierToWire } from "@akidb/client";
import type { Command } from "commander";
import type { Cli } from "../cli.ts";
import { addDatabaseOptions, type ConnectionFlags } from "../target/connectionOptions.ts";
import { withTarget } from "../target/openTarget.ts";
import { formatBytes, formatCount } from "../terminal/formatNumber.ts";
import { paintIf } from "../terminal/paint.ts";
import { printable } from "../terminal/printable.ts";
import { renderTable, tableWidth } from "../terminal/table.ts";
import { examples } from "./examples.ts";
import { printFields } from "./printFields.ts";
import { printJson } from "./printJson.ts";

interface JsonFlag extends ConnectionFlags {
  readonly json?: true;
}

interface Change {
  readonly name: string;
  readonly action: TierAction;
  readonly description: string;
}

const changes: readonly Change[] = [
  {
    name: "promote",
    action: "promote_to_hot",
    description:
      "Bring a collection into memory, from wherever it is; it does not go back before the rules say so.",
  },
  { name: "warm", action: "demote_to_warm", description: "Take a collection out of memory." },
  {
    name: "cool",
    action: "demote_to_cold",
    description: "Move a collection to the object store, and off the disk. Its tiering policy must let it.",
  },
  { name: "pin", action: "pin", description: "Keep a collection from getting colder by itself." },
  { name: "unpin", action: "unpin", description: "Let a collection get colder again." },
];

/** A collection may be large: neither end gives up on it while it is copied. */
const changeTimeoutMs = 24 * 60 * 60 * 1000;

export function registerTiers(program: Command, cli: Cli): void {
  const tiers = program
    .command("tiers")
    .summary("see and change where collections are: in memory, on disk, in the object store")
    .description(
      "See and change where collections are: hot, in memory; warm, on disk; cold, in the object store alone.",
    )
    .addHelpText("after", examples("akidb tiers list", "akidb tiers show books", "akidb tiers cool books"));
  registerList(tiers, cli);
  registerShow(tiers, cli);
  for (const change of changes) registerChange(tiers, cli, change);
}

function registerList(tiers: Command, cli: Cli): void {
  const command = tiers.command("list").description("Count the collections of a database by their tiers.");
  addDatabaseOptions(command)
    .option("--json", "print it as JSON")
    .addHelpText("after", examples("akidb tiers list", "akidb tiers list --json"))
    .action(async (flags: JsonFlag) => {
      const metrics = await withTarget(cli, { flags, mayCreate: false }, (db) => db.tierMetrics());
      if (flags.json) return printJson(cli, tierMetricsToWire(metrics));
      printMetrics(cli, metrics);
    });
}

function registerShow(tiers: Command, cli: Cli): void {
  const command = tiers
    .command("show")
    .description("Show where a collection is, and how it is used.")
    .argument("<COLLECTION>", "name or id");
  addDatabaseOptions(command)
    .option("--json", "print it as JSON")
    .addHelpText("after", examples("akidb tiers show books"))
    .action(async (nameOrId: string, flags: JsonFlag) => {
      const tier = await withTarget(cli, { flags, mayCreate: false }, (db) =>
        db.collection(nameOrId).getTier(),
      );
      if (flags.json) return printJson(cli, tierToWire(tier));
      printTier(cli, tier);
    });
}

function registerChange(tiers: Command, cli: Cli, { name, action, description }: Change): void {
  const command = tiers.command(name).description(description).argument("<COLLECTION>", "name or id");
  addDatabaseOptions(command)
    .option("--no-wait", "return once it is begun")
    .option("--json", "print it as JSON")
    .addHelpText("after", examples(`akidb tiers ${name} books`))
    .action(async (nameOrId: string, { wait, ...flags }: JsonFlag & { readonly wait: boolean }) => {
      const tier = await withTarget(cli, { flags, mayCreate: false }, (db) =>
        db.collection(nameOrId).changeTier(action, { wait, timeoutMs: changeTimeoutMs }),
      );
      if (flags.json) return printJson(cli, tierToWire(tier));
      cli.terminal.print(
        `collection ${printable(nameOrId)} is ${tier.tier}${tier.pinned ? ", pinned" : ""}\n`,
      );
    });
}

function printMetrics({ terminal }: Cli, metrics: TierMetrics): void {
  const columns = [
    { title: "TIER" },
    { title: "COLLECTIONS", align: "right" },
    { title: "MEMORY", align: "right" },
    { title: "DISK", align: "right" },
    { title: "OBJECT STORE", align: "right" },
  ] as const;
  const rows = tierNames.map((tier) => {
    const { collectionCount, memoryBytes, diskBytes, objectBytes } = metrics[tier];
    return [
      tier,
      formatCount(collectionCount),
      formatBytes(memoryBytes),
      formatBytes(diskBytes),
      formatBytes(objectBytes),
    ];
  });
  terminal.print(renderTable(columns, rows, paintIf(terminal.outHasColors), tableWidth(terminal)));
}

function printTier(cli: Cli, tier: CollectionTier): void {
  const since = tier.accessWindowStart === null ? "" : ` since ${tier.accessWindowStart}`;
  printFields(cli, [
    ["tier", tier.tier],
    ["pinned", tier.pinned ? "yes" : "no"],
    ["requests", `${formatCount(tier.accessCount)}${since}`],
    ["last request", tier.lastAccessedAt ?? "never"],
    ["snapshot", tier.snapshotId ?? "none"],
  ]);
}
