import { type CollectionId, type IdGenerator, isAkiDbError } from "@akidb/base";
import type { CollectionRecord } from "@akidb/catalog";
import { type ClosedSegment, type Disk, scanSegment } from "@akidb/engine";
import {
  allObjects,
  type ObjectInfo,
  type ObjectSink,
  type ObjectStore,
  objectBytes,
  PackedUploads,
  readPackedObject,
} from "@akidb/objects";
import type { ArchivedSegment, SegmentPlace } from "./archivedSegment.ts";
import { archiveFormatVersion, decodeArchiveManifest, encodeArchiveManifest } from "./archiveManifest.ts";
import { fileBody } from "./fileBody.ts";

export interface WalArchiveOptions {
  readonly store: ObjectStore;
  /** Uploads of all archives together, a bounded number at a time. */
  readonly uploads: ObjectSink;
  readonly disk: Disk;
  readonly collectionId: CollectionId;
  /** Of its files: each has a log of its own. 0 if absent. */
  readonly generation?: number;
  readonly ids: IdGenerator;
  /** Smaller segments share an object. */
  readonly packedBytesMax?: number;
  /** How long a small one waits for others. */
  readonly packWaitMaxMs?: number;
}

interface Listing {
  readonly segments: readonly ArchivedSegment[];
  /** Of the manifest; undefined where there is none yet. */
  readonly etag: string | undefined;
}

const manifestBytesMax = 256 * 1024 * 1024;
const listingAttemptsMax = 3;

/**
 * Closed files of a collection's log in the object store, and a manifest that says which: one that it does not name does
 * not count, so whatever a crash leaves half done is done again under the same name. One process writes it.
 */
export class WalArchive {
  readonly #options: WalArchiveOptions;
  readonly #prefix: string;
  readonly #packs: PackedUploads;
  readonly #packedBytesMax: number;
  /** Segments are read one after the other. */
  #reading: Promise<unknown> = Promise.resolve();
  /** What the manifest says; rejects where it could not be read, and then it is read again. */
  #listing: Promise<Listing> | undefined;
  /** Stored, and not in the manifest yet. */
  #unlisted: ArchivedSegment[] = [];
  #writing: Promise<unknown> = Promise.resolve();
  readonly #archiving = new Set<Promise<void>>();
  #sweeping: Promise<void> | undefined;

  constructor(options: WalArchiveOptions) {
    this.#options = options;
    this.#prefix = `${logPrefix({ id: options.collectionId, generation: options.generation ?? 0 })}wal/`;
    this.#packedBytesMax = options.packedBytesMax ?? 1024 * 1024;
    this.#packs = new PackedUploads({
      sink: options.uploads,
      prefix: `${this.#prefix}packs/`,
      ids: options.ids,
      waitMaxMs: options.packWaitMaxMs ?? 200,
    });
  }

  /**
   * Stores a closed segment; it can be read back when this resolves. One that is there already is not sent again.
   *
   * @throws DamagedFileError where the segment is not what was written; what the store rejects with
   */
  async archive(segment: ClosedSegment): Promise<void> {
    // Objects that are stored now would look as if they had been left behind.
    while (this.#sweeping !== undefined) await this.#sweeping.catch(() => {});
    const archiving = this.#archive(segment);
    this.#archiving.add(archiving);
    await archiving.finally(() => this.#archiving.delete(archiving));
  }

  /** In the order of their LSNs. */
  async segments(): Promise<readonly ArchivedSegment[]> {
    return (await this.#load()).segments;
  }

  /** @throws DamagedObjectError where the bytes are not those that were archived */
  async download(segment: ArchivedSegment, path: string): Promise<void> {
    const { disk, store } = this.#options;
    const file = await disk.createFile(path);
    try {
      let position = 0;
      for await (const chunk of bodyOf(store, segment)) {
        await file.write([chunk], position);
        position += chunk.length;
      }
    } finally {
      await file.close();
    }
  }

  /**
   * Forgets the segments that `choose` names, then removes their objects, and those that a crash has left behind: what the
   * manifest does not name does not count.
   *
   * @returns what was forgotten
   */
  async drop(
    choose: (segments: readonly ArchivedSegment[]) => readonly ArchivedSegment[],
  ): Promise<readonly ArchivedSegment[]> {
    const dropped = await this.#inWriting(async () => {
      const listing = await this.#load();
      const unneeded = new Set(choose(listing.segments));
      if (unneeded.size === 0) return [];
      const kept = listing.segments.filter((segment) => !unneeded.has(segment));
      await this.#put(kept, listing);
      return [...unneeded];
    });
    if (dropped.length > 0) {
      this.#sweeping ??= this.#removeUnlisted().finally(() => {
        this.#sweeping = undefined;
      });
      await this.#sweeping;
    }
    return dropped;
  }

  /**
   * Objects that the manifest does not name, and that were stored before a time; while `work` has them, none is stored. With those
   * that are being stored it waits.
   */
  async unnamedObjects(
    modifiedBeforeMs: number,
    work: (unnamed: readonly ObjectInfo[]) => Promise<void>,
  ): Promise<void> {
    while (this.#sweeping !== undefined) await this.#sweeping.catch(() => {});
    const sweeping = (async () => {
      const unlisted = await this.#unlistedObjects();
      await work(unlisted.filter(({ modifiedAtMs }) => modifiedAtMs < modifiedBeforeMs));
    })().finally(() => {
      this.#sweeping = undefined;
    });
    this.#sweeping = sweeping;
    await sweeping;
  }

  /** Sends what waits, and resolves when nothing is under way. */
  async close(): Promise<void> {
    await this.#packs.close();
    await Promise.allSettled([this.#reading, this.#writing, this.#sweeping]);
  }

  async #archive(segment: ClosedSegment): Promise<void> {
    if (await this.#has(segment)) return;
    const archived = await this.#store(segment);
    this.#unlisted.push(archived);
    await this.#inWriting(() => this.#list());
  }

  /** Of this archive alone, and while nothing is stored. */
  async #removeUnlisted(): Promise<void> {
    const left = await this.#unlistedObjects();
    const [failure] = await this.#options.store.deleteMany(left.map(({ key }) => key));
    if (failure !== undefined) throw failure.error;
  }

  async #unlistedObjects(): Promise<readonly ObjectInfo[]> {
    await Promise.allSettled([...this.#archiving]);
    const { segments } = await this.#load();
    const known = new Set([...segments, ...this.#unlisted].map(objectOf));
    const left: ObjectInfo[] = [];
    for (const folder of ["segments/", "packs/"]) {
      const prefix = `${this.#prefix}${folder}`;
      for await (const object of allObjects(this.#options.store, { prefix })) {
        if (!known.has(object.key)) left.push(object);
      }
    }
    return left;
  }

  async #has({ firstLsn, lastLsn, createdAtMs }: ClosedSegment): Promise<boolean> {
    const { segments } = await this.#load();
    return segments.some(
      (each) => each.firstLsn === firstLsn && each.createdAtMs === createdAtMs && each.lastLsn >= lastLsn,
    );
  }

  async #store(segment: ClosedSegment): Promise<ArchivedSegment> {
    const { disk, collectionId, uploads } = this.#options;
    const { path, name, firstLsn, lastLsn } = segment;
    const read = this.#reading.then(async () => {
      const scan = await scanSegment({
        disk,
        path,
        displayName: `wal/${name}`,
        collectionId,
        firstLsn,
        lastLsn,
      });
      return {
        scan,
        small: scan.bytes <= this.#packedBytesMax ? await bytesOf(disk, path, scan.bytes) : undefined,
      };
    });
    this.#reading = read.catch(() => undefined);
    const { scan, small } = await read;
    let place: SegmentPlace;
    if (small === undefined) {
      const key = `${this.#prefix}segments/${String(firstLsn).padStart(20, "0")}-${scan.createdAtMs}.wal`;
      const { bytes: sizeBytes, crc32c } = scan;
      await uploads.put(key, fileBody(disk, path, sizeBytes), { sizeBytes, crc32c });
      place = { kind: "object", key };
    } else {
      place = { kind: "packed", packed: await this.#packs.put(name, small) };
    }
    const { createdAtMs, bytes, crc32c, firstTimeMs, lastTimeMs } = scan;
    return { firstLsn, lastLsn, createdAtMs, bytes, crc32c, firstTimeMs, lastTimeMs, place };
  }

  /** All that is stored by now, in one writing. */
  async #list(): Promise<void> {
    if (this.#unlisted.length === 0) return;
    const added = [...this.#unlisted];
    for (let attempt = 1; ; attempt++) {
      const listing = await this.#load();
      try {
        await this.#put(merged(listing.segments, added), listing);
        this.#unlisted = this.#unlisted.filter((segment) => !added.includes(segment));
        return;
      } catch (error) {
        const isOutdated = isAkiDbError(error) && error.code === "failed_precondition";
        if (!isOutdated || attempt === listingAttemptsMax) throw error;
      }
    }
  }

  /** In place of the manifest that was read, and of no other. */
  async #put(segments: readonly ArchivedSegment[], { etag }: Listing): Promise<void> {
    const { store, collectionId } = this.#options;
    const bytes = encodeArchiveManifest(collectionId, segments);
    const condition = etag === undefined ? ({ ifNoneMatch: "*" } as const) : { ifMatch: etag };
    try {
      const receipt = await store.put(this.#manifestKey, bytes, { ...condition, sizeBytes: bytes.length });
      this.#listing = Promise.resolve({ segments, etag: receipt.etag });
    } catch (error) {
      // Either an answer was lost, or the manifest is not the one that was read: it is read again.
      this.#listing = undefined;
      throw error;
    }
  }

  #load(): Promise<Listing> {
    if (this.#listing === undefined) {
      const reading = this.#read();
      this.#listing = reading;
      reading.catch(() => {
        if (this.#listing === reading) this.#listing = undefined;
      });
    }
    return this.#listing;
  }

  async #read(): Promise<Listing> {
    const { store, collectionId } = this.#options;
    const key = this.#manifestKey;
    try {
      const { bytes, info } = await objectBytes(store, key, { bytesMax: manifestBytesMax });
      return { segments: decodeArchiveManifest(key, bytes, collectionId), etag: info.etag };
    } catch (error) {
      if (isAkiDbError(error) && error.code === "not_found") return { segments: [], etag: undefined };
      throw error;
    }
  }

  get #manifestKey(): string {
    return `${this.#prefix}MANIFEST-${archiveFormatVersion}.json`;
  }

  #inWriting<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#writing.then(work);
    this.#writing = done.catch(() => undefined);
    return done;
  }
}

/** Of what belongs to the log of a generation. */
export const logPrefix = ({ id, generation }: Pick<CollectionRecord, "id" | "generation">): string =>
  generation === 0 ? `collections/${id}/` : `collections/${id}/g${generation}/`;

const objectOf = ({ place }: ArchivedSegment): string =>
  place.kind === "object" ? place.key : place.packed.packKey;

/** A segment that was archived twice is the later one. */
function merged(
  segments: readonly ArchivedSegment[],
  added: readonly ArchivedSegment[],
): readonly ArchivedSegment[] {
  const nameOf = ({ firstLsn, createdAtMs }: ArchivedSegment) => `${firstLsn}-${createdAtMs}`;
  const byName = new Map([...segments, ...added].map((segment) => [nameOf(segment), segment]));
  return [...byName.values()].sort((a, b) => a.firstLsn - b.firstLsn || a.createdAtMs - b.createdAtMs);
}

async function bytesOf(disk: Disk, path: string, bytes: number): Promise<Uint8Array> {
  const all = new Uint8Array(bytes);
  let filled = 0;
  for await (const chunk of fileBody(disk, path, bytes)) {
    all.set(chunk, filled);
    filled += chunk.length;
  }
  return all;
}

async function* bodyOf(
  store: ObjectStore,
  { place }: ArchivedSegment,
): AsyncGenerator<Uint8Array, void, void> {
  if (place.kind === "packed") {
    yield await readPackedObject(store, place.packed);
    return;
  }
  await using reading = await store.get(place.key);
  yield* reading.body;
}
