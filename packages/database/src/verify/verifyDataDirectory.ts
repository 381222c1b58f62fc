import { basename, join } from "node:path";
import {
  assertNever,
  type CollectionId,
  type FileDamage,
  type FoundDamage,
  type PutAsideFile,
  type VerificationReport,
} from "@akidb/base";
import {
  deadLetterFileName,
  findVersionProblem,
  verifyCatalogFile,
  verifyDeadLetterFile,
} from "@akidb/catalog";
import { type CollectionFindings, nodeDisk, readSqliteLog, verifyCollectionFiles } from "@akidb/engine";
import { bytesBelow, findCollectionDirectories } from "../adapters/dataFiles.ts";
import { modelChoiceFileName, readModelChoice } from "../adapters/modelChoice.ts";
import { indexDamage, rowDamage } from "../collections/catalogDamage.ts";
import { orphanDamage } from "../collections/orphanDamage.ts";

export interface DataVerification {
  readonly directory: string;
  /** Another thread has it open, and goes on writing. */
  readonly isLive: boolean;
  /** Told the share that is read, 0..1. */
  readonly onProgress?: (share: number) => void;
}

interface Counts {
  files: number;
  bytes: number;
}

/**
 * Reads every file of a data directory and reports those that are not what was written. Changes nothing; takes memory of
 * a few MiB.
 *
 * @throws AkiDbError where the data cannot be looked at, or is of another version
 */
export async function verifyDataDirectory(verification: DataVerification): Promise<VerificationReport> {
  const { directory, isLive, onProgress = () => {} } = verification;
  const counts: Counts = { files: 0, bytes: 0 };
  const totalBytes = await bytesBelow(join(directory, "collections"));
  const progress = {
    onRead: (bytes: number) => {
      counts.bytes += bytes;
      onProgress(Math.min(1, counts.bytes / Math.max(1, totalBytes)));
    },
    onFile: () => {
      counts.files += 1;
    },
  };
  const damages: FoundDamage[] = [];
  const putAside: PutAsideFile[] = [];
  const version = findVersionProblem(directory);
  if (version !== undefined) damages.push({ ...versionDamage(version), ...ofNoCollection });
  const { collections, damages: catalogDamages } = await verifyCatalog(directory, isLive);
  damages.push(...catalogDamages.map((damage) => ({ ...damage, ...ofNoCollection })));
  counts.files += 2;
  const ofServer = [verifyModelChoice(directory), verifyDeadLetters(directory, isLive)];
  for (const found of ofServer.filter((each) => each !== undefined)) {
    counts.files += 1;
    damages.push(...found.map((damage) => ({ ...damage, ...ofNoCollection })));
  }
  const directories = await findCollectionDirectories(directory);
  if (catalogDamages.length === 0) {
    for (const [id, path] of directories) {
      const isLost = basename(path) === id && collections.every((collection) => collection.id !== id);
      if (isLost) damages.push(orphanDamage(id));
    }
  }
  // Where the catalog cannot be read, files are all that tells of a collection.
  const known = catalogDamages.length > 0 ? [...directories.keys()] : [];
  const wanted = new Map(known.map((id) => [id, { name: id as string, generation: 0, isCold: false }]));
  for (const { id, ...collection } of collections) wanted.set(id, collection);
  for (const [collectionId, { name, generation, isCold }] of wanted) {
    const snapshotsIn = directories.get(collectionId) ?? join(directory, "collections", collectionId);
    const found = await verifyCollection({
      disk: nodeDisk,
      directory: generation === 0 ? snapshotsIn : join(snapshotsIn, `g${generation}`),
      snapshotsIn,
      collectionId,
      name,
      isAway: isCold,
      isLive,
      progress,
    });
    if (found.damages.length > 0 && isLive && hasBecomeCold(directory, collectionId)) continue;
    damages.push(...found.damages.map((damage) => ({ ...damage, collectionId, collection: name })));
    putAside.push(...found.putAside.map((file) => ({ collection: name, file })));
  }
  return { fileCount: counts.files, byteCount: counts.bytes, damages, putAside };
}

const ofNoCollection = { collectionId: null, collection: null };

/** What a live collection changes in the middle of a reading looks like damage once, and not twice. */
async function verifyCollection(
  verification: Parameters<typeof verifyCollectionFiles>[0],
): Promise<CollectionFindings> {
  const first = await verifyCollectionFiles(verification);
  if (!verification.isLive || first.damages.length === 0) return first;
  const quiet = { ...verification, progress: { onRead: () => {}, onFile: () => {} } };
  const again = await verifyCollectionFiles(quiet);
  const files = new Set(first.damages.map(({ file }) => file));
  return { ...again, damages: again.damages.filter(({ file }) => files.has(file)) };
}

/** While it was looked at: then nothing is missing. */
function hasBecomeCold(directory: string, id: CollectionId): boolean {
  const { collections } = verifyCatalogFile({ path: join(directory, "catalog.db"), isLive: true });
  return collections.some((collection) => collection.id === id && collection.isCold);
}

async function verifyCatalog(directory: string, isLive: boolean) {
  const path = join(directory, "catalog.db");
  const log = isLive ? undefined : await readSqliteLog(`${path}-wal`);
  const { problems, damagedRows, indexProblems, collections } = verifyCatalogFile({ path, isLive });
  const damages: FileDamage[] = [...damagedRows.map(rowDamage), ...indexProblems.map(indexDamage)];
  const ofFile = problems.map(
    (problem): FileDamage => ({
      file: "catalog.db",
      problem,
      loss: "unknown",
      effect: "the server does not start; the files of the collections are not concerned",
      remedy: "put catalog.db back from a copy of the data directory",
    }),
  );
  damages.push(...ofFile);
  if (log?.damagedAt !== undefined) {
    damages.push({
      file: "catalog.db-wal",
      problem: `a frame at byte ${log.damagedAt} fails its checksum`,
      loss: "some",
      effect:
        "the latest collections created or deleted are forgotten; the files of the collections are there",
      remedy: "put catalog.db and catalog.db-wal back from a copy of the data directory",
    });
  }
  return { collections, damages };
}

/** @returns undefined where there is none */
function verifyModelChoice(directory: string): readonly FileDamage[] | undefined {
  const reading = readModelChoice(directory);
  switch (reading.kind) {
    case "none":
      return undefined;
    case "chosen":
      return [];
    case "damaged":
      return [reading.damage];
    case "newer":
      return [
        {
          file: modelChoiceFileName,
          problem: `has the format ${reading.format}: a newer AkiDB wrote it`,
          loss: "none",
          effect: "this version does not start",
          remedy: "use the version that wrote it, or a newer one",
        },
      ];
    default:
      return assertNever(reading);
  }
}

/** @returns undefined where there is none */
function verifyDeadLetters(directory: string, isLive: boolean): readonly FileDamage[] | undefined {
  const found = verifyDeadLetterFile(directory, isLive);
  if (found === undefined) return undefined;
  const { problem = `${found.damagedCount} rows fail their checksums` } = found;
  if (found.problem === undefined && found.damagedCount === 0) return [];
  return [
    {
      file: deadLetterFileName,
      problem,
      loss: "none",
      effect:
        "what was noted there as not brought to the object store, or not removed there, is not known any more; it is on this " +
        "machine, fails again, and is noted again",
      remedy:
        "nothing needs to be done: the next start removes the rows that fail, and puts a file aside that cannot be read",
    },
  ];
}

const versionDamage = (problem: string): FileDamage => ({
  file: "VERSION",
  problem,
  loss: "none",
  effect: "the server does not start",
  remedy: "put the file back from a copy of the data directory",
});
