import { cpSync } from "node:fs";
import {
  type Collection,
  type CollectionInfo,
  type DeadLetter,
  isAkiDbError,
  type SeededRandom,
  systemClock,
  systemRandom,
} from "@akidb/base";
import { connect } from "@akidb/client";
import { loadConfig, type RunningServer, startServer } from "@akidb/server";
import { pino } from "pino";

export const damageDimension = 16;

/** Which is not the one that a server has by itself. */
export const chosenModel = "mock";

/** What was acknowledged last of each document, by its external id; null: that it is gone. */
export type Written = ReadonlyMap<string, WrittenDocument | null>;

export interface WrittenDocument {
  readonly text: string;
  readonly metadata: { readonly n: number };
  readonly vector: Float32Array;
  readonly version: number;
}

/** A server in this process, with limits so small that a few hundred documents have a graph and several files. */
export function startDamageServer(
  directory: string,
  onLog: (line: string) => void = () => {},
): Promise<RunningServer> {
  const config = loadConfig({
    flags: {
      "--rest-port": "0",
      "--grpc-port": "0",
      "--data-dir": directory,
      "--hnsw-threshold": "60",
      "--wal-segment-bytes": "65536",
      // Nothing can be put there: what was to go there is in the dead-letter queue.
      "--object-store-bucket": "/dev/null/objects",
      "--embedding-next-provider": chosenModel,
    },
    environment: {},
    readFile: () => "",
    isTerminal: false,
  });
  const logger = pino({ level: "warn" }, { write: onLog });
  return startServer(config, { clock: systemClock, random: systemRandom, logger, command: "damage" });
}

/** What the catalog says of a collection. */
export interface Settings extends Omit<CollectionInfo, (typeof ofTheMoment)[number]> {
  readonly declaredTypes: readonly string[];
}

const ofTheMoment = [
  ...([
    "documentCount",
    "indexedCount",
    "recallEstimate",
    "payloadIndexes",
    "payloadNotice",
    "memoryBytes",
    "diskBytes",
  ] as const),
  ...(["state", "stateReason", "damages"] as const),
];

export function settingsOf(info: CollectionInfo): Settings {
  const lasting = Object.entries(info).filter(([key]) => !(ofTheMoment as string[]).includes(key));
  const declared = info.payloadIndexes.filter(({ type }) => type !== "auto");
  const declaredTypes = declared.map(({ field, type }) => `${field}: ${type}`);
  return { ...Object.fromEntries(lasting), declaredTypes } as unknown as Settings;
}

export interface DamageData {
  readonly written: ReadonlyMap<string, Written>;
  readonly settings: ReadonlyMap<string, Settings>;
  /** What could not go to the object store, by {@link nameOfLetter}. */
  readonly letters: readonly string[];
}

export const nameOfLetter = ({ operation, collectionId, collection, key }: DeadLetter): string =>
  [operation, collectionId, collection, key].join(" ");

/**
 * Fills a data directory, and copies it twice: as a server leaves it that is stopped, and one that is killed.
 *
 * @param killed where to, with everything written and nothing closed
 */
export async function writeDamageData(
  directory: string,
  killed: string,
  random: SeededRandom,
): Promise<DamageData> {
  const written = new Map([
    ["graph", new Map<string, WrittenDocument | null>()],
    ["flat", new Map<string, WrittenDocument | null>()],
    ["archived", new Map<string, WrittenDocument | null>()],
  ]);
  const server = await startDamageServer(directory);
  const writeAll = async (count: number): Promise<void> => {
    const db = connect({ url: server.url });
    for (const [name, documents] of written) {
      const size = name === "graph" ? count : Math.ceil(count / 6);
      await write(db.collection(name), documents, size, random);
    }
  };
  const settings = new Map<string, Settings>();
  for (const name of written.keys()) {
    const created = await connect({ url: server.url }).createCollection({
      name,
      dimension: damageDimension,
      payloadIndexes: { n: "number" },
      ...(name === "archived" && { tieringPolicy: "memory_s3" }),
    });
    settings.set(name, settingsOf(created));
  }
  // Each snapshot takes a checkpoint with it.
  for (const count of [120, 30]) {
    await writeAll(count);
    for (const name of written.keys()) await connect({ url: server.url }).collection(name).createSnapshot();
  }
  await writeAll(60);
  const db = connect({ url: server.url });
  await db.models.switchTo(chosenModel);
  // Documents are written behind the log.
  await new Promise((resolve) => setTimeout(resolve, 300));
  const letters = (await db.deadLetters.list({ limit: 1_000 })).items.map(nameOfLetter);
  if (letters.length === 0) throw new Error("nothing waits for the object store");
  cpSync(directory, killed, { recursive: true });
  await server.close();
  return { written, settings, letters };
}

async function write(
  collection: Collection,
  documents: Map<string, WrittenDocument | null>,
  count: number,
  random: SeededRandom,
): Promise<void> {
  for (let done = 0; done < count; done += 10) {
    const batch = Array.from({ length: 10 }, () => {
      const n = random.nextInt(1_000_000);
      const externalId = `k${random.nextInt(2 * count)}`;
      const vector = Float32Array.from({ length: damageDimension }, () => random.nextGaussian());
      return { externalId, vector, text: `text ${n} `.repeat(1 + random.nextInt(30)), metadata: { n } };
    });
    const unique = [...new Map(batch.map((document) => [document.externalId, document])).values()];
    const { items } = await collection.upsert(unique);
    for (const [index, { externalId, text, metadata, vector }] of unique.entries()) {
      const item = items[index]!;
      if (!item.ok) throw new Error(item.detail);
      documents.set(externalId, { text, metadata, vector, version: item.version });
    }
    const victim = [...documents.keys()][random.nextInt(documents.size)]!;
    await collection.delete(victim).catch((error: unknown) => {
      if (!isAkiDbError(error) || error.code !== "not_found") throw error;
    });
    documents.set(victim, null);
  }
}
