import { type CollectionId, type Deadline, isAkiDbError, parseId, type SnapshotId } from "@akidb/base";
import {
  checkSnapshotFiles,
  type Disk,
  decodeSnapshotManifest,
  readSnapshotManifest,
  type SnapshotManifest,
  snapshotManifestFile,
} from "@akidb/engine";
import {
  allObjects,
  DamagedObjectError,
  type ObjectInfo,
  type ObjectStore,
  objectBytes,
  objectChecksum,
  objectLimits,
  ParallelUploads,
} from "@akidb/objects";
import { fileBody } from "../archive/fileBody.ts";
import { inParallel } from "../collections/inParallel.ts";
import { isPlainPath } from "./isPlainPath.ts";

export interface StoredSnapshotsOptions {
  readonly store: ObjectStore;
  readonly disk: Disk;
}

/** A snapshot on the machine or in the store. */
export interface SnapshotPlace {
  readonly collectionId: CollectionId;
  readonly id: SnapshotId;
  /** Its directory on this machine. */
  readonly directory: string;
}

const manifestBytesMax = 64 * 1024 * 1024;

/**
 * Snapshots in the object store, file by file under the collection's prefix. The manifest is stored last and removed
 * first: a snapshot without it is none, so whatever a crash leaves half done is done again or removed under the same keys.
 */
export class StoredSnapshots {
  readonly #store: ObjectStore;
  readonly #disk: Disk;
  readonly #uploads: ParallelUploads;

  constructor({ store, disk }: StoredSnapshotsOptions) {
    this.#store = store;
    this.#disk = disk;
    this.#uploads = new ParallelUploads({ store });
  }

  async list(collectionId: CollectionId): Promise<ReadonlySet<SnapshotId>> {
    const prefix = `collections/${collectionId}/snapshots/`;
    const ids = new Set<SnapshotId>();
    for await (const { key } of allObjects(this.#store, { prefix })) {
      const [name = "", file] = key.slice(prefix.length).split("/");
      const id = file === snapshotManifestFile ? parseId<"snapshot">(name) : undefined;
      if (id !== undefined) ids.add(id);
    }
    return ids;
  }

  /** Objects of snapshots that have no manifest, by the snapshot. */
  async withoutManifest(collectionId: CollectionId): Promise<ReadonlyMap<SnapshotId, readonly ObjectInfo[]>> {
    const prefix = `collections/${collectionId}/snapshots/`;
    const objectsOf = new Map<SnapshotId, ObjectInfo[]>();
    for await (const object of allObjects(this.#store, { prefix })) {
      const id = parseId<"snapshot">(object.key.slice(prefix.length).split("/", 1)[0] ?? "");
      if (id === undefined) continue;
      const objects = objectsOf.get(id) ?? [];
      objects.push(object);
      objectsOf.set(id, objects);
    }
    // Asked by its key: the list may be behind.
    for (const id of objectsOf.keys()) if (await this.has(collectionId, id)) objectsOf.delete(id);
    return objectsOf;
  }

  /**
   * Stores what is not there yet; it can be read back when this resolves.
   *
   * @throws DamagedFileError for a manifest that is not what was written; `invalid_argument` for another file that is not;
   * what the store rejects with
   */
  async upload({ collectionId, id, directory }: SnapshotPlace, deadline: Deadline): Promise<void> {
    const disk = this.#disk;
    const { files } = await readSnapshotManifest({ disk, directory });
    const prefix = prefixOf(collectionId, id);
    await allOrNone(files, async ({ name, bytes, checksum }) => {
      deadline.check();
      const body = fileBody(disk, `${directory}/${name}`, bytes);
      await this.#uploads.put(`${prefix}${name}`, body, { sizeBytes: bytes, crc32c: checksum, deadline });
    });
    const path = `${directory}/${snapshotManifestFile}`;
    const file = await disk.openFile(path);
    const sizeBytes = await file.size().finally(() => file.close());
    await this.#store.put(`${prefix}${snapshotManifestFile}`, fileBody(disk, path, sizeBytes), {
      sizeBytes,
      deadline,
    });
  }

  /** @throws AkiDbError `not_found`; DamagedObjectError where it is not what was stored */
  async manifest(collectionId: CollectionId, id: SnapshotId): Promise<SnapshotManifest> {
    return (await this.#readManifest(collectionId, id)).manifest;
  }

  /**
   * Into a directory that is not there yet, verified and durable, but for its name.
   *
   * @throws AkiDbError `not_found`; DamagedObjectError or DamagedFileError where it is not what was stored
   */
  async download({ collectionId, id, directory }: SnapshotPlace, deadline: Deadline): Promise<void> {
    const disk = this.#disk;
    const { manifest, bytes } = await this.#readManifest(collectionId, id);
    const folders = new Set([directory, ...manifest.files.flatMap(({ name }) => foldersOf(directory, name))]);
    for (const folder of folders) await disk.makeDirectory(folder);
    const prefix = prefixOf(collectionId, id);
    await allOrNone(manifest.files, async ({ name }) => {
      deadline.check();
      await using reading = await this.#store.get(`${prefix}${name}`, { deadline });
      await this.#write(`${directory}/${name}`, reading.body);
    });
    await checkSnapshotFiles({ disk, directory, manifest });
    await this.#write(`${directory}/${snapshotManifestFile}`, [bytes]);
    for (const folder of folders) await disk.syncDirectory(folder);
  }

  /**
   * Reads every object of it.
   *
   * @throws AkiDbError `not_found`; DamagedObjectError where one is not what was stored
   */
  async verify(collectionId: CollectionId, id: SnapshotId, deadline: Deadline): Promise<SnapshotManifest> {
    const { manifest } = await this.#readManifest(collectionId, id);
    const prefix = prefixOf(collectionId, id);
    await allOrNone(manifest.files, async ({ name, bytes, checksum }) => {
      const key = `${prefix}${name}`;
      const found = await objectChecksum(this.#store, key, { deadline });
      if (found.sizeBytes === bytes && found.crc32c === checksum) return;
      throw new DamagedObjectError(key, "it is not what was stored");
    });
    return manifest;
  }

  /** Also what there is of one that is not whole. */
  async delete(collectionId: CollectionId, id: SnapshotId): Promise<void> {
    const prefix = prefixOf(collectionId, id);
    await this.#store.delete(`${prefix}${snapshotManifestFile}`);
    const keys: string[] = [];
    for await (const { key } of allObjects(this.#store, { prefix })) keys.push(key);
    const [failure] = await this.#store.deleteMany(keys);
    if (failure !== undefined) throw failure.error;
  }

  async has(collectionId: CollectionId, id: SnapshotId): Promise<boolean> {
    try {
      await this.#store.head(`${prefixOf(collectionId, id)}${snapshotManifestFile}`);
      return true;
    } catch (error) {
      if (isAkiDbError(error) && error.code === "not_found") return false;
      throw error;
    }
  }

  async #readManifest(
    collectionId: CollectionId,
    id: SnapshotId,
  ): Promise<{ readonly manifest: SnapshotManifest; readonly bytes: Uint8Array }> {
    const key = `${prefixOf(collectionId, id)}${snapshotManifestFile}`;
    const { bytes } = await objectBytes(this.#store, key, { bytesMax: manifestBytesMax });
    const reading = decodeSnapshotManifest(bytes);
    if (reading.kind === "newer") {
      throw new DamagedObjectError(key, `it is of format ${reading.version}, of a newer AkiDB`);
    }
    if (reading.kind === "damaged") throw new DamagedObjectError(key, "it does not match its checksum");
    const { manifest } = reading;
    const isOwn = manifest.collectionId === collectionId && manifest.snapshotId === id;
    if (!isOwn || !manifest.files.every(({ name }) => isPlainPath(name))) {
      throw new DamagedObjectError(key, "it is of another snapshot");
    }
    return { manifest, bytes };
  }

  async #write(path: string, body: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<void> {
    const file = await this.#disk.createFile(path);
    try {
      let position = 0;
      for await (const chunk of body) {
        await file.write([chunk], position);
        position += chunk.length;
      }
      await file.sync();
    } finally {
      await file.close();
    }
  }
}

/** After one failure none is begun any more. Rejects when nothing is under way. */
async function allOrNone<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const failures: unknown[] = [];
  await inParallel(objectLimits.uploadsInFlightMax, items, async (item) => {
    if (failures.length === 0) await work(item).catch((error: unknown) => failures.push(error));
  });
  if (failures.length > 0) throw failures[0];
}

const prefixOf = (collectionId: CollectionId, id: SnapshotId): string =>
  `collections/${collectionId}/snapshots/${id}/`;

/** Those between a directory and a file below it, the outermost first. */
function foldersOf(directory: string, name: string): readonly string[] {
  const parts = name.split("/").slice(0, -1);
  return parts.map((_, index) => `${directory}/${parts.slice(0, index + 1).join("/")}`);
}
