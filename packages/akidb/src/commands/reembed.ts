import { type AkiDb, AkiDbError, invalidArgument, limits, type ReembeddingInfo } from "@akidb/base";
import { reembeddingToWire } from "@akidb/client";
import type { Command } from "commander";
import type { Cli } from "../cli.ts";
import { addDatabaseOptions, type ConnectionFlags } from "../target/connectionOptions.ts";
import { withTarget } from "../target/openTarget.ts";
import { formatCount } from "../terminal/formatNumber.ts";
import { printable } from "../terminal/printable.ts";
import { examples } from "./examples.ts";
import { wholeNumber } from "./parseOption.ts";
import { printJson } from "./printJson.ts";

const verbs = ["show", "pause", "resume", "cancel", "rollback"] as const;

type Verb = (typeof verbs)[number];

interface ReembedFlags extends ConnectionFlags, Readonly<Partial<Record<Verb, true>>> {
  readonly model?: string;
  readonly dimension?: number;
  readonly wait: boolean;
  readonly json?: true;
}

const pollIntervalMs = 200;

/** A command of `akidb collections`. */
export function registerReembed(collections: Command, cli: Cli): void {
  const command = collections
    .command("reembed")
    .description(
      "Embed all texts of a collection anew, with another model, while the vectors of before are searched; then these are " +
        "replaced at once.",
    )
    .argument("<COLLECTION>", "name or id");
  addDatabaseOptions(command)
    .option("--model <NAME>", "what embeds them (default: the server's)")
    .option(
      "--dimension <N>",
      "components of each new vector (default: the model's)",
      wholeNumber("--dimension", limits.dimensionMin, limits.dimensionMax),
    )
    .option("--no-wait", "end as soon as it is begun; a server goes on with it")
    .option("--show", "say how far it is")
    .option("--pause", "let it rest, also over restarts")
    .option("--resume", "let it go on")
    .option("--cancel", "give it up; once it is done, the vectors of before")
    .option("--rollback", "go back to the vectors of before, which stay for a week")
    .option("--json", "print how far it is in the end as JSON")
    .addHelpText(
      "after",
      examples(
        "akidb collections reembed books",
        "akidb collections reembed books --model hashing --dimension 768",
        "akidb collections reembed books --rollback",
      ),
    )
    .action(async (nameOrId: string, flags: ReembedFlags) => {
      const info = await withTarget(cli, { flags, mayCreate: false }, (db) =>
        reembed(cli, db, nameOrId, flags),
      );
      if (flags.json) return printJson(cli, reembeddingToWire(info));
      cli.terminal.print(`${printable(nameOrId)}: ${describe(info)}\n`);
    });
}

async function reembed(cli: Cli, db: AkiDb, nameOrId: string, flags: ReembedFlags): Promise<ReembeddingInfo> {
  const { model, dimension, wait } = flags;
  const { reembedding } = db.collection(nameOrId);
  switch (verbOf(flags)) {
    case "show":
      return await reembedding.get();
    case "pause":
      return await reembedding.pause();
    case "cancel":
      return await reembedding.cancel();
    case "resume":
      return await untilDone(cli, db, nameOrId, await reembedding.resume(), wait);
    case "rollback":
      return await untilDone(cli, db, nameOrId, await reembedding.rollback(), wait);
    case undefined: {
      const input = { ...(model !== undefined && { model }), ...(dimension !== undefined && { dimension }) };
      return await untilDone(cli, db, nameOrId, await reembedding.start(input), wait);
    }
  }
}

/** @throws AkiDbError `invalid_argument` where there are several */
function verbOf(flags: ReembedFlags): Verb | undefined {
  const given = verbs.filter((verb) => flags[verb] === true);
  if (given.length > 1) throw invalidArgument(`--${given[1]}`, `cannot be given together with --${given[0]}`);
  const [verb] = given;
  const isOfStart = flags.model !== undefined || flags.dimension !== undefined;
  if (verb !== undefined && isOfStart)
    throw invalidArgument(`--${verb}`, "takes neither --model nor --dimension");
  return verb;
}

/** As long as it takes, with a bar on a terminal. */
async function untilDone(
  { terminal }: Cli,
  db: AkiDb,
  nameOrId: string,
  begun: ReembeddingInfo,
  isWaitedFor: boolean,
): Promise<ReembeddingInfo> {
  if (!isWaitedFor) return begun;
  const bar = terminal.startBar({ title: "re-embed", total: 100 });
  try {
    for (let info = begun; ; info = await db.collection(nameOrId).reembedding.get()) {
      if (info.state === "flipped" || info.state === "cancelled") return info;
      if (info.state === "paused") {
        throw new AkiDbError(
          "failed_precondition",
          `it is paused: ${info.stateReason ?? "somebody asked for it"}`,
        );
      }
      const { documentsDone, documentsTotal } = info;
      const share =
        documentsTotal === null || documentsTotal === 0 ? 0 : (documentsDone ?? 0) / documentsTotal;
      bar?.update(100 * share, describe(info));
      await new Promise((resolve) => setTimeout(resolve, pollIntervalMs));
    }
  } finally {
    bar?.stop();
  }
}

function describe(info: ReembeddingInfo): string {
  const { state, stateReason, documentsDone, documentsTotal, documentsPerSecond, secondsLeft } = info;
  const parts = [state.replace("_", " ")];
  if (documentsDone !== null && documentsTotal !== null) {
    parts.push(`${formatCount(documentsDone)} of ${formatCount(documentsTotal)} documents`);
  }
  if (documentsPerSecond !== null) parts.push(`${formatCount(Math.round(documentsPerSecond))}/s`);
  if (secondsLeft !== null && secondsLeft > 0) parts.push(`${formatCount(secondsLeft)} s left`);
  if (state === "flipped") parts.push(`with ${info.to.embeddingModel ?? "the vectors of before"}`);
  if (info.keepUntil !== null) parts.push(`the way back is open until ${info.keepUntil}`);
  if (stateReason !== null) parts.push(printable(stateReason));
  return parts.join(", ");
}
