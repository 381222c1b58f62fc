import {
  type CollectionInfo,
  type CreateCollectionInput,
  invalidArgument,
  limits,
  type Metric,
  metrics,
  type PayloadFieldType,
  payloadFieldTypes,
  type Quantization,
  quantizations,
  type SyncPolicy,
  syncPolicies,
  type TextLanguage,
  type TieringPolicy,
  textLanguages,
  tieringPolicies,
} from "@akidb/base";
import { collectionToWire } from "@akidb/client";
import type { Command } from "commander";
import type { Cli } from "../cli.ts";
import { partialExitCode } from "../exitCodes.ts";
import { addDatabaseOptions, type ConnectionFlags } from "../target/connectionOptions.ts";
import { withTarget } from "../target/openTarget.ts";
import { formatBytes, formatCount } from "../terminal/formatNumber.ts";
import { paintIf } from "../terminal/paint.ts";
import { printable } from "../terminal/printable.ts";
import { renderTable, tableWidth } from "../terminal/table.ts";
import { allPages } from "./allPages.ts";
import { confirmDeletion } from "./confirmDeletion.ts";
import { examples } from "./examples.ts";
import { oneOf, wholeNumber } from "./parseOption.ts";
import { printFields } from "./printFields.ts";
import { printJson } from "./printJson.ts";
import { registerReembed } from "./reembed.ts";

interface JsonFlag extends ConnectionFlags {
  readonly json?: true;
}

interface CreateFlags extends JsonFlag {
  readonly dimension?: number;
  readonly metric?: Metric;
  readonly embeddingModel?: string;
  readonly maxDocuments?: number;
  readonly hnswM?: number;
  readonly hnswEfConstruction?: number;
  readonly quantization?: Quantization;
  readonly payloadIndex?: Readonly<Record<string, PayloadFieldType>>;
  readonly textLanguage?: TextLanguage;
  readonly tieringPolicy?: TieringPolicy;
  readonly syncPolicy?: SyncPolicy;
  readonly walRetentionSeconds?: number;
}

export function registerCollections(program: Command, cli: Cli): void {
  const collections = program
    .command("collections")
    .summary("list, create, show, re-embed and delete collections")
    .description("List, create, show, re-embed and delete collections.")
    .addHelpText(
      "after",
      examples("akidb collections list", "akidb collections create books --dimension 384"),
    );
  registerList(collections, cli);
  registerCreate(collections, cli);
  registerGet(collections, cli);
  registerUpdate(collections, cli);
  registerReembed(collections, cli);
  registerDelete(collections, cli);
}

function registerList(collections: Command, cli: Cli): void {
  const command = collections.command("list").description("List all collections, in order of creation.");
  addDatabaseOptions(command)
    .option("--json", "print them as a JSON array")
    .addHelpText("after", examples("akidb collections list --json | jq -r '.[].name'"))
    .action(async (flags: JsonFlag) => {
      const infos = await withTarget(cli, { flags, mayCreate: false }, (db) =>
        allPages((page) => db.listCollections(page)),
      );
      if (flags.json) return printJson(cli, infos.map(collectionToWire));
      if (infos.length === 0) return cli.terminal.note("no collections yet\n");
      printCollections(cli, infos);
    });
}

function registerCreate(collections: Command, cli: Cli): void {
  const command = collections
    .command("create")
    .description("Create a collection.")
    .argument("<NAME>", "letters, digits, _, - and .");
  addDatabaseOptions(command)
    .option(
      "--dimension <N>",
      "components of each vector (default: the embedding model's)",
      wholeNumber("--dimension", limits.dimensionMin, limits.dimensionMax),
    )
    .option("--metric <METRIC>", `${metrics.join(", ")} (default: cosine)`, oneOf("--metric", metrics))
    .option("--embedding-model <NAME>", "what embeds texts (default: the server's)")
    .option(
      "--max-documents <N>",
      "upper limit of documents",
      wholeNumber("--max-documents", 1, Number.MAX_SAFE_INTEGER),
    )
    .option(
      "--hnsw-m <N>",
      `links of a node of the graph, ${limits.hnswMMin} to ${limits.hnswMMax} (default: the server's)`,
      wholeNumber("--hnsw-m", 0, Number.MAX_SAFE_INTEGER),
    )
    .option(
      "--hnsw-ef-construction <N>",
      `candidates kept while a node's neighbours are sought, up to ${limits.hnswEfConstructionMax} (default: the server's)`,
      wholeNumber("--hnsw-ef-construction", 0, Number.MAX_SAFE_INTEGER),
    )
    .option(
      "--quantization <KIND>",
      `how vectors are coded for the graph: ${quantizations.join(", ")} (default: int8)`,
      oneOf("--quantization", quantizations),
    )
    .option(
      "--payload-index <FIELD=TYPE>",
      `type of a field of the metadata: ${payloadFieldTypes.join(", ")}; may be repeated`,
      fieldType,
    )
    .option(
      "--text-language <NAME>",
      `whose word forms the full text knows: ${textLanguages.join(", ")} (default: none)`,
      oneOf("--text-language", textLanguages),
    )
    .option(
      "--tiering-policy <POLICY>",
      "memory, or memory_s3 for a copy in the object store (default: memory)",
      oneOf("--tiering-policy", tieringPolicies),
    )
    .option(
      "--sync-policy <POLICY>",
      `what goes to the object store: ${syncPolicies.join(", ")} (default: continuous)`,
      oneOf("--sync-policy", syncPolicies),
    )
    .option(
      "--wal-retention-seconds <N>",
      "how long files of the log stay that nothing here needs (default: the server's)",
      wholeNumber("--wal-retention-seconds", 0, Number.MAX_SAFE_INTEGER),
    )
    .option("--json", "print it as JSON")
    .addHelpText(
      "after",
      examples(
        "akidb collections create notes",
        "akidb collections create images --dimension 512 --metric l2",
        "akidb collections create pages --hnsw-m 16 --quantization binary",
        "akidb collections create papers --payload-index year=number --payload-index author.name=keyword",
        "akidb collections create mail --tiering-policy memory_s3 --sync-policy continuous",
      ),
    )
    .action(async (name: string, flags: CreateFlags) => {
      const input = creation(name, flags);
      const info = await withTarget(cli, { flags, mayCreate: true }, (db) => db.createCollection(input));
      if (flags.json) return printJson(cli, collectionToWire(info));
      cli.terminal.print(`created collection ${info.name}: ${info.dimension} dimensions, ${info.metric}\n`);
    });
}

function creation(name: string, flags: CreateFlags): CreateCollectionInput {
  const { dimension, metric, embeddingModel, maxDocuments, quantization, textLanguage } = flags;
  const { payloadIndex, tieringPolicy, syncPolicy, walRetentionSeconds } = flags;
  const { hnswM: m, hnswEfConstruction: efConstruction } = flags;
  return {
    name,
    ...(dimension === undefined ? {} : { dimension }),
    ...(metric === undefined ? {} : { metric }),
    ...(embeddingModel === undefined ? {} : { embeddingModel }),
    ...(maxDocuments === undefined ? {} : { maxDocumentCount: maxDocuments }),
    hnsw: {
      ...(m === undefined ? {} : { m }),
      ...(efConstruction === undefined ? {} : { efConstruction }),
    },
    ...(quantization === undefined ? {} : { quantization }),
    ...(payloadIndex === undefined ? {} : { payloadIndexes: payloadIndex }),
    ...(textLanguage === undefined ? {} : { textIndex: { language: textLanguage } }),
    ...(tieringPolicy === undefined ? {} : { tieringPolicy }),
    ...(syncPolicy === undefined ? {} : { syncPolicy }),
    ...(walRetentionSeconds === undefined ? {} : { walRetentionSeconds }),
  };
}

/** Adds to what earlier options of the kind said. */
function fieldType(
  text: string,
  earlier: Readonly<Record<string, PayloadFieldType>> = {},
): Readonly<Record<string, PayloadFieldType>> {
  const at = text.lastIndexOf("=");
  const type = text.slice(at + 1) as PayloadFieldType;
  if (at < 1 || !payloadFieldTypes.includes(type)) {
    throw invalidArgument(
      "--payload-index",
      `must be a field and one of ${payloadFieldTypes.join(", ")}, such as year=number`,
    );
  }
  return { ...earlier, [text.slice(0, at)]: type };
}

function registerGet(collections: Command, cli: Cli): void {
  const command = collections
    .command("get")
    .description("Show a collection.")
    .argument("<COLLECTION>", "name or id");
  addDatabaseOptions(command)
    .option("--json", "print it as JSON")
    .addHelpText("after", examples("akidb collections get books"))
    .action(async (nameOrId: string, flags: JsonFlag) => {
      const info = await withTarget(cli, { flags, mayCreate: false }, (db) => db.getCollection(nameOrId));
      if (flags.json) return printJson(cli, collectionToWire(info));
      printCollection(cli, info);
    });
}

interface UpdateFlags extends JsonFlag {
  readonly name?: string;
  readonly maxDocuments?: number;
  readonly syncPolicy?: SyncPolicy;
  readonly walRetentionSeconds?: number;
}

function registerUpdate(collections: Command, cli: Cli): void {
  const command = collections
    .command("update")
    .description("Change a collection while it is served.")
    .argument("<COLLECTION>", "name or id");
  addDatabaseOptions(command)
    .option("--name <NAME>", "its new name")
    .option(
      "--max-documents <N>",
      "upper limit of documents",
      wholeNumber("--max-documents", 1, Number.MAX_SAFE_INTEGER),
    )
    .option(
      "--sync-policy <POLICY>",
      `what goes to the object store: ${syncPolicies.join(", ")}`,
      oneOf("--sync-policy", syncPolicies),
    )
    .option(
      "--wal-retention-seconds <N>",
      "how long files of the log stay that nothing here needs",
      wholeNumber("--wal-retention-seconds", 0, Number.MAX_SAFE_INTEGER),
    )
    .option("--json", "print it as JSON")
    .addHelpText(
      "after",
      examples(
        "akidb collections update books --name library",
        "akidb collections update books --max-documents 1000000",
      ),
    )
    .action(async (nameOrId: string, flags: UpdateFlags) => {
      const { name, maxDocuments, syncPolicy, walRetentionSeconds } = flags;
      const changes = {
        ...(name !== undefined && { name }),
        ...(maxDocuments !== undefined && { maxDocumentCount: maxDocuments }),
        ...(syncPolicy !== undefined && { syncPolicy }),
        ...(walRetentionSeconds !== undefined && { walRetentionSeconds }),
      };
      const info = await withTarget(cli, { flags, mayCreate: false }, (db) =>
        db.updateCollection(nameOrId, changes),
      );
      if (flags.json) return printJson(cli, collectionToWire(info));
      printCollection(cli, info);
    });
}

function registerDelete(collections: Command, cli: Cli): void {
  const command = collections
    .command("delete")
    .description("Delete a collection with all of its documents.")
    .argument("<COLLECTION>", "name or id");
  addDatabaseOptions(command)
    .option("--yes", "do not ask")
    .option("--json", "print what was deleted as JSON")
    .addHelpText(
      "after",
      examples("akidb collections delete books", "akidb collections delete books --yes --json"),
    )
    .action(async (nameOrId: string, flags: JsonFlag & { readonly yes?: true }) => {
      await withTarget(cli, { flags, mayCreate: false }, async (db) => {
        const info = await db.getCollection(nameOrId);
        const what = `collection ${info.name} with ${formatCount(info.documentCount)} documents`;
        if (!flags.yes && !(await confirmDeletion(cli, what))) {
          cli.terminal.note("nothing was deleted\n");
          return cli.exitWith(partialExitCode);
        }
        await db.deleteCollection(nameOrId);
        if (flags.json) return printJson(cli, collectionToWire(info));
        cli.terminal.print(`deleted ${what}\n`);
      });
    });
}

function printCollections({ terminal }: Cli, infos: readonly CollectionInfo[]): void {
  const paint = paintIf(terminal.outHasColors);
  const columns = [
    { title: "NAME" },
    { title: "DIMENSION", align: "right" },
    { title: "METRIC" },
    { title: "MODEL" },
    { title: "DOCUMENTS", align: "right" },
    { title: "INDEXED", align: "right" },
    { title: "MEMORY", align: "right" },
    { title: "DISK", align: "right" },
    { title: "STATE" },
  ] as const;
  const rows = infos.map((info) => [
    info.name,
    String(info.dimension),
    info.metric,
    info.embeddingModel ?? "-",
    formatCount(info.documentCount),
    formatCount(info.indexedCount),
    formatBytes(info.memoryBytes),
    formatBytes(info.diskBytes),
    isHurt(info) ? paint("red", info.state) : info.state,
  ]);
  terminal.print(renderTable(columns, rows, paint, tableWidth(terminal)));
}

const isHurt = ({ state }: CollectionInfo): boolean =>
  state === "degraded" || state === "read_only" || state === "damaged";

function printCollection(cli: Cli, info: CollectionInfo): void {
  const reason = info.stateReason === null ? "" : `: ${printable(info.stateReason)}`;
  const fields = [
    ["name", info.name],
    ["id", info.id],
    ["dimension", String(info.dimension)],
    ["metric", info.metric],
    ["embedding model", info.embeddingModel ?? "none"],
    ["documents", `${formatCount(info.documentCount)} of at most ${formatCount(info.maxDocumentCount)}`],
    ["indexed", formatCount(info.indexedCount)],
    ["graph", `m ${info.hnsw.m}, ef_construction ${info.hnsw.efConstruction}`],
    ["quantization", info.quantization],
    ["full text", `language ${info.textIndex.language}`],
    ["tiering", info.tieringPolicy === "memory" ? "memory" : `${info.tieringPolicy}, ${info.syncPolicy}`],
    ["log kept for", `${formatCount(info.walRetentionSeconds)} s`],
    ["memory", formatBytes(info.memoryBytes)],
    ["disk", formatBytes(info.diskBytes)],
    ["tier", info.tier],
    ["state", `${info.state}${reason}`],
    ["created", info.createdAt],
    ["updated", info.updatedAt],
  ] as const;
  printFields(cli, fields);
  printPayloadIndexes(cli, info);
}

function printPayloadIndexes({ terminal }: Cli, { payloadIndexes, payloadNotice }: CollectionInfo): void {
  if (payloadIndexes.length === 0) return;
  const paint = paintIf(terminal.outHasColors);
  const columns = [
    { title: "FIELD" },
    { title: "TYPE" },
    { title: "DOCUMENTS", align: "right" },
    { title: "MEMORY", align: "right" },
    { title: "NOTICE" },
  ] as const;
  const rows = payloadIndexes.map(({ field, type, documentCount, memoryBytes, notice }) => [
    printable(field),
    type,
    formatCount(documentCount),
    formatBytes(memoryBytes),
    notice ?? "",
  ]);
  terminal.print(`\n${renderTable(columns, rows, paint, tableWidth(terminal))}`);
  if (payloadNotice !== null) terminal.print(`${payloadNotice}\n`);
}
