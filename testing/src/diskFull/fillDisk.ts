/**
 * Fills the file system of a directory under a collection, makes room again, and prints what came of it as JSON.
 * Arguments: the directory, alone on a small file system.
 */
import { rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  AkiDbError,
  type CollectionId,
  noDeadline,
  systemClock,
  systemRandom,
  UuidV7Generator,
} from "@akidb/base";
import { Builders, Collection, createCollectionFiles, nodeDisk } from "@akidb/engine";

const root = process.argv[2]!;
const ballast = join(root, "ballast");
const builders = new Builders({ threadCount: 1 });
const options = {
  disk: nodeDisk,
  directory: join(root, "collection"),
  collectionId: "01890000-0000-7000-8000-000000000001" as CollectionId,
  clock: systemClock,
  ids: new UuidV7Generator(systemClock, systemRandom),
  dimension: 16,
  metric: "l2" as const,
  maxDocumentCount: 100_000,
  metadataBytesMax: 65_536,
  recallChecksPerMinute: 0,
  wal: { sync: "always" as const, syncIntervalMs: 5, segmentBytesMax: 1 << 20 },
  graph: {
    builders,
    quantization: "int8" as const,
    linksMax: 16,
    efConstruction: 100,
    efSearch: 100,
    threshold: 100_000,
  },
};

const text = "x".repeat(30_000);
const vector = new Float32Array(16).fill(1);
const acknowledged: string[] = [];
const refused: string[] = [];
const errors = new Set<string>();

async function write(collection: Collection, externalId: string): Promise<boolean> {
  try {
    const [item] = await collection.upsert([{ externalId, vector, text }]);
    if (item?.ok !== true) throw new Error(`${externalId} was not written`);
    acknowledged.push(externalId);
    return true;
  } catch (error) {
    refused.push(externalId);
    errors.add(error instanceof AkiDbError ? error.code : String(error));
    return false;
  }
}

await createCollectionFiles(options);
const collection = await Collection.open(options);
for (let n = 0; n < 20; n++) await write(collection, `before${n}`);

const { bsize, bavail } = statfsSync(root);
writeFileSync(ballast, new Uint8Array(Math.max(0, bavail * bsize - 1_000_000)));
let attempts = 0;
while (refused.length < 5 && attempts < 500) await write(collection, `filling${attempts++}`);
const foundWhileFull = (await collection.query({ vector, topK: 10_000, include: [] }, noDeadline())).matches
  .length;
const acknowledgedWhenFull = acknowledged.length;

rmSync(ballast);
for (let n = 0; n < 1_000 && !(await write(collection, `again${n}`)); n++) {
  await new Promise((resolve) => setTimeout(resolve, 20));
}
for (let n = 0; n < 20; n++) await write(collection, `after${n}`);
await collection.close();

const reopened = await Collection.open(options);
const matches = (await reopened.query({ vector, topK: 10_000, include: ["text"] }, noDeadline())).matches;
const found = new Set(matches.filter((match) => match.text === text).map(({ externalId }) => externalId));
await reopened.close();
await builders.close();
console.log(
  JSON.stringify({
    refusedCount: refused.length,
    errors: [...errors],
    foundWhileFull,
    acknowledgedWhenFull,
    writtenAfter: acknowledged.filter((id) => id.startsWith("after")).length,
    lost: acknowledged.filter((id) => !found.has(id)),
    reappeared: refused.filter((id) => found.has(id)),
  }),
);
