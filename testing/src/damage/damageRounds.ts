import { cpSync, mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { isDeepStrictEqual } from "node:util";
import {
  type AkiDb,
  type Document,
  isAkiDbError,
  SeededRandom,
  systemClock,
  type VerificationReport,
} from "@akidb/base";
import { connect } from "@akidb/client";
import { verifyOffline } from "@akidb/database";
import type { RunningServer } from "@akidb/server";
import {
  chosenModel,
  type DamageData,
  nameOfLetter,
  settingsOf,
  startDamageServer,
  type Written,
  type WrittenDocument,
  writeDamageData,
} from "./damageData.ts";
import { type FileKind, harmFile, kindOf } from "./damagedFile.ts";

export interface DamageOptions {
  /** Empty. */
  readonly directory: string;
  readonly rounds: number;
  readonly seed: number;
  /** Files of the kinds whose names it finds; all if absent. */
  readonly only?: RegExp;
  readonly onRound?: (round: DamageRound) => void;
}

export interface DamageRound {
  readonly round: number;
  readonly file: string;
  readonly kind: FileKind;
  readonly harm: string;
  /** `refused`: the server did not start, and said why. */
  readonly outcome: "unharmed" | "mended" | "loss reported" | "refused";
}

export interface DamageReport {
  readonly rounds: readonly DamageRound[];
  /** What was wrong without a word, or named nowhere; empty if all is well. */
  readonly faults: readonly string[];
}

interface Image {
  readonly path: string;
  readonly files: ReadonlyMap<FileKind, readonly string[]>;
}

/**
 * Harms one file of a data directory, verifies it, starts a server on it and asks it for everything, again and again,
 * every kind of file in its turn. Whatever is answered must be what was written; whatever is missing must be reported.
 */
export async function runDamageRounds(options: DamageOptions): Promise<DamageReport> {
  const { directory, rounds, seed, only = /(?:)/, onRound = () => {} } = options;
  const random = new SeededRandom(seed);
  const [stopped, killed, work] = ["stopped", "killed", "work"].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ];
  mkdirSync(directory, { recursive: true });
  const data = await writeDamageData(stopped, killed, random);
  const images = [stopped, killed].map(imageOf);
  const faults: string[] = [];
  const done: DamageRound[] = [];
  for (let round = 0; round < rounds; round++) {
    const image = images[round % images.length]!;
    const kinds = [...image.files.keys()].filter((kind) => only.test(kind)).sort();
    const kind = kinds[Math.floor(round / images.length) % kinds.length]!;
    const files = image.files.get(kind)!;
    const file = files[random.nextInt(files.length)]!;
    rmSync(work, { recursive: true, force: true });
    cpSync(image.path, work, { recursive: true });
    const harm = harmFile(join(work, file), random);
    if (harm === undefined) continue;
    const what = `round ${round}, ${relative(directory, image.path)}, ${file}: ${harm.harm} at byte ${harm.at}`;
    const { outcome, wrong } = await look(work, file, data);
    faults.push(...wrong.map((fault) => `${what}: ${fault}`));
    const finished = { round, file, kind, harm: `${harm.harm} at byte ${harm.at}`, outcome };
    done.push(finished);
    onRound(finished);
  }
  return { rounds: done, faults };
}

function imageOf(path: string): Image {
  const files = new Map<FileKind, string[]>();
  for (const file of readdirSync(path, { recursive: true, encoding: "utf8" })) {
    const kind = kindOf(file);
    const stats = statSync(join(path, file));
    if (kind === undefined || !stats.isFile() || stats.size === 0) continue;
    files.set(kind, [...(files.get(kind) ?? []), file]);
  }
  return { path, files };
}

interface Look {
  readonly outcome: DamageRound["outcome"];
  readonly wrong: readonly string[];
}

async function look(directory: string, file: string, data: DamageData): Promise<Look> {
  const { written, settings } = data;
  const verified = await verifyOffline({ directory, clock: systemClock, command: "damage" }).catch(
    (error: unknown) => {
      if (isAkiDbError(error) && error.code === "failed_precondition") return undefined;
      throw error;
    },
  );
  const isNamed = verified === undefined || names(verified, file);
  let server: RunningServer;
  const log: string[] = [];
  try {
    server = await startDamageServer(directory, (line) => log.push(line));
  } catch (error) {
    if (!isAkiDbError(error) || error.code === "internal") throw error;
    const wrong = isNamed ? [] : [`the server does not start (${error.message}), and verify finds nothing`];
    return { outcome: "refused", wrong };
  }
  try {
    const readiness = await whenLoaded(server.url);
    const db = connect({ url: server.url });
    const wrong: string[] = [];
    let isLossReported = false;
    for (const [name, documents] of written) {
      const info = await db.getCollection(name).catch(() => undefined);
      if (info !== undefined && !isDeepStrictEqual(settingsOf(info), settings.get(name))) {
        wrong.push(`${name} is not the collection that was created: ${JSON.stringify(info)}`);
      }
      const missing = await compare(db, name, documents, wrong);
      if (missing.length === 0) continue;
      // Reads may have found more than the start.
      const later = await whenLoaded(server.url);
      const isInReadiness = later.damages.some(
        ({ collection, file: damaged, loss }) =>
          loss !== "none" &&
          (collection === name || (damaged === "catalog.db" && missing.length === alive(documents))),
      );
      // The last record of a log, rotten, looks as one that a crash tore before it was acknowledged: logged, no more.
      const isReported =
        isInReadiness || (file.includes("/wal/") && log.some((line) => isTornTail(line, name)));
      if (isReported) isLossReported = true;
      else wrong.push(`${name} lacks ${missing.length} documents without a word (${missing.slice(0, 3)})`);
    }
    wrong.push(...(await lostLetters(db, { file, data, log })), ...(await lostChoice(db, readiness)));
    const isMended = readiness.damages.length > 0 || log.some(isQueueDamage);
    const isTorn = isLossReported && readiness.damages.length === 0;
    if ((isMended || (isLossReported && !isTorn)) && !isNamed) {
      wrong.push(`the start finds ${JSON.stringify(readiness.damages)}, and verify does not name the file`);
    }
    return { outcome: isLossReported ? "loss reported" : isMended ? "mended" : "unharmed", wrong };
  } finally {
    await server.close();
  }
}

const isQueueDamage = (line: string): boolean => line.includes("the dead-letter queue was damaged");

interface DamagedQueue {
  readonly file: string;
  readonly data: DamageData;
  readonly log: readonly string[];
}

/** What waits for the object store is known, or it is said that it is not, and comes back with its next failure. */
async function lostLetters(db: AkiDb, { file, data, log }: DamagedQueue): Promise<readonly string[]> {
  // Where something else is damaged, there may be nothing left to be sent.
  if (!file.startsWith("dlq.db") || log.some(isQueueDamage)) return [];
  const { items } = await db.deadLetters.list({ limit: 1_000 });
  const found = new Set(items.map(nameOfLetter));
  const lost = data.letters.filter((letter) => !found.has(letter));
  return lost.map((letter) => `the queue lacks ${letter} without a word`);
}

async function lostChoice(db: AkiDb, { damages }: Readiness): Promise<readonly string[]> {
  const chosen = (await db.models.list()).find(({ isDefault }) => isDefault)?.name;
  const isReported = damages.some(({ file }) => file === "default-model.json");
  return chosen === chosenModel || isReported
    ? []
    : [`${chosen} embeds instead of ${chosenModel}, without a word`];
}

const alive = (documents: Written): number =>
  [...documents.values()].filter((document) => document !== null).length;

function isTornTail(line: string, name: string): boolean {
  const { collection, msg } = JSON.parse(line) as { readonly collection?: string; readonly msg: string };
  return collection === name && msg.includes("a crash cut off");
}

const names = ({ damages }: VerificationReport, file: string): boolean =>
  damages.some(({ collectionId, file: damaged }) =>
    collectionId === null
      ? file.startsWith(damaged)
      : file.startsWith(`collections/${collectionId}/${damaged}`),
  );

interface Readiness {
  readonly damages: readonly {
    readonly collection: string | null;
    readonly file: string;
    readonly loss: string;
  }[];
}

async function whenLoaded(url: string): Promise<Readiness> {
  for (;;) {
    const answer = await fetch(`${url}/ready`);
    const body = (await answer.json()) as Readiness;
    if (answer.status === 200) return body;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** @returns what is not there, or not served, or back though it was deleted */
async function compare(
  db: AkiDb,
  name: string,
  documents: Written,
  wrong: string[],
): Promise<readonly string[]> {
  const collection = db.collection(name);
  const missing: string[] = [];
  for (const [externalId, expected] of documents) {
    const found = await collection
      .get(externalId, { include: ["metadata", "text", "vector"] })
      .catch((error: unknown) => {
        if (!isAkiDbError(error) || error.code === "internal") throw error;
        return error.code;
      });
    if (typeof found === "string") {
      if (expected !== null || found !== "not_found") missing.push(externalId);
    } else if (expected === null) {
      missing.push(externalId);
    } else if (!isSame(found, expected)) {
      // An older version may be all that is left, and then it is whole and reported; a mixture never is.
      if (found.version >= expected.version) wrong.push(`${name}/${externalId} is not what was written`);
      else missing.push(externalId);
    }
  }
  const sample = [...documents].find(([, document]) => document !== null);
  if (missing.length === 0 && sample?.[1]) {
    const { matches } = await collection.query({ vector: sample[1].vector, topK: 1 });
    if (matches[0]?.externalId !== sample[0]) wrong.push(`${name}: a search does not find ${sample[0]}`);
  }
  return missing;
}

const isSame = (found: Document, expected: WrittenDocument): boolean =>
  found.text === expected.text &&
  found.metadata?.["n"] === expected.metadata.n &&
  found.version === expected.version &&
  expected.vector.every((component, index) => component === found.vector?.[index]);
