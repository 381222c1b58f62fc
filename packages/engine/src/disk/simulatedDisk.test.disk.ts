import { assert, type SeededRandom } from "@akidb/base";
import type { Disk, DiskFile } from "./disk.ts";

export type DiskOperationKind =
  | "makeDirectory"
  | "createFile"
  | "openFile"
  | "remove"
  | "removeDirectory"
  | "link"
  | "rename"
  | "syncDirectory"
  | "write"
  | "truncate"
  | "sync";

export interface DiskOperation {
  /** Counts from 0, all kinds together. */
  readonly index: number;
  readonly kind: DiskOperationKind;
  readonly path: string;
}

/**
 * What goes wrong with an operation:
 *
 * - `refuse`: it does nothing and rejects. A file's sync then drops its dirty pages as Linux does: they stay readable,
 *   some have reached the device, and the next sync reports success without them.
 * - `half`: it is done in part, a write up to a random byte, and rejects; others are done, and reject all the same.
 * - `crash`: it is done or not, at random, and it and all that follows reject until {@link SimulatedDisk.restart}.
 */
export type DiskFault =
  | { readonly kind: "refuse" | "half"; readonly code: "EIO" | "ENOSPC" | "EDQUOT" }
  | { readonly kind: "crash" };

export interface SimulatedDiskOptions {
  readonly random: SeededRandom;
  /** Asked before each operation that changes something. */
  readonly fault?: (operation: DiskOperation) => DiskFault | undefined;
}

/** What a device writes at once or not at all. */
const blockBytes = 512;
/** What a file occupies at least; space is counted in these. */
const pageBytes = 4_096;

interface Inode {
  /** As processes see it. */
  cached: Uint8Array;
  durable: Uint8Array;
  /** Blocks whose cached bytes a sync would write. */
  readonly dirty: Set<number>;
}

interface Names {
  readonly files: Map<string, Inode>;
  readonly directories: Set<string>;
}

/** A change of names that no sync of its directory has made durable yet. */
interface NameChange {
  readonly directory: string;
  readonly apply: (names: Names) => void;
}

/**
 * A disk in memory that tells what processes see from what is on the device: a power cut keeps what was synced, and any
 * part of the rest. Faults are chosen by the test. Directories are durable at once; names in them are not.
 */
export class SimulatedDisk implements Disk {
  /** Of all files together; a write that does not fit is cut short and fails with ENOSPC. */
  capacityBytes = Number.POSITIVE_INFINITY;
  fault: SimulatedDiskOptions["fault"];
  operationCount = 0;
  readonly #random: SeededRandom;
  #names: Names = { files: new Map(), directories: new Set() };
  readonly #durableNames: Names = { files: new Map(), directories: new Set() };
  #nameChanges: NameChange[] = [];
  /** Files that were open before a restart belong to a process that is gone. */
  #generation = 0;
  #hasCrashed = false;

  constructor({ random, fault }: SimulatedDiskOptions) {
    this.#random = random;
    this.fault = fault;
  }

  async makeDirectory(path: string): Promise<void> {
    this.#perform("makeDirectory", path, () => {
      for (const made of withParents(path)) {
        for (const names of [this.#names, this.#durableNames]) names.directories.add(made);
      }
    });
  }

  async list(path: string): Promise<readonly string[]> {
    this.#requireAlive(this.#generation);
    const names = new Set<string>();
    for (const entry of [...this.#names.files.keys(), ...this.#names.directories]) {
      if (entry.startsWith(`${path}/`)) names.add(entry.slice(path.length + 1).split("/")[0]!);
    }
    return [...names];
  }

  async createFile(path: string): Promise<DiskFile> {
    return this.#perform("createFile", path, () => {
      this.#requireAbsent(path);
      if (!this.#names.directories.has(parentOf(path))) throw failure("ENOENT");
      this.#requireSpace(pageBytes);
      const inode: Inode = { cached: new Uint8Array(), durable: new Uint8Array(), dirty: new Set() };
      this.#changeNames(path, ({ files }) => files.set(path, inode));
      return this.#fileOf(inode, path);
    });
  }

  async openFile(path: string): Promise<DiskFile> {
    return this.#perform("openFile", path, () => this.#fileOf(this.#inodeOf(path), path));
  }

  async remove(path: string): Promise<void> {
    this.#perform("remove", path, () => {
      this.#inodeOf(path);
      this.#changeNames(path, ({ files }) => files.delete(path));
    });
  }

  async removeDirectory(path: string): Promise<void> {
    this.#perform("removeDirectory", path, () => {
      const { files, directories } = this.#names;
      if (!directories.has(path)) throw failure("ENOENT");
      if ([...files.keys(), ...directories].some((entry) => entry.startsWith(`${path}/`))) {
        throw failure("ENOTEMPTY");
      }
      this.#changeNames(path, (names) => names.directories.delete(path));
    });
  }

  async link(from: string, to: string): Promise<void> {
    this.#perform("link", from, () => {
      const inode = this.#inodeOf(from);
      this.#requireAbsent(to);
      this.#changeNames(to, ({ files }) => files.set(to, inode));
    });
  }

  async rename(from: string, to: string): Promise<void> {
    this.#perform("rename", from, () => {
      if (this.#names.directories.has(from)) {
        this.#requireAbsent(to);
        this.#changeNames(to, (names) => moveDirectory(names, from, to));
        return;
      }
      const inode = this.#inodeOf(from);
      this.#changeNames(to, ({ files }) => {
        files.delete(from);
        files.set(to, inode);
      });
    });
  }

  async syncDirectory(path: string): Promise<void> {
    this.#perform("syncDirectory", path, () => {
      const isHere = ({ directory }: NameChange) => directory === path;
      for (const { apply } of this.#nameChanges.filter(isHere)) apply(this.#durableNames);
      this.#nameChanges = this.#nameChanges.filter((change) => !isHere(change));
    });
  }

  get hasCrashed(): boolean {
    return this.#hasCrashed;
  }

  /** The process was killed and starts again: it sees all that was written, as long as the power stays. */
  restart(): void {
    this.#generation += 1;
    this.#hasCrashed = false;
  }

  /**
   * The machine stopped and starts again. Synced bytes and names are there, of the others any: names in random
   * selection, and random blocks of the bytes.
   */
  cutPower(): void {
    this.restart();
    for (const { apply } of this.#nameChanges) if (this.#flip()) apply(this.#durableNames);
    this.#nameChanges = [];
    const { files, directories } = this.#durableNames;
    this.#names = { files: new Map(files), directories: new Set(directories) };
    for (const inode of new Set(files.values())) this.#loseCache(inode);
  }

  /** As the device may do by itself, with the power on. */
  flipBit(path: string, bit: number): void {
    const { cached, durable } = this.#inodeOf(path);
    for (const bytes of [cached, durable]) {
      if (bit >> 3 < bytes.length) bytes[bit >> 3]! ^= 1 << (bit & 7);
    }
  }

  paths(): readonly string[] {
    return [...this.#names.files.keys()].sort();
  }

  /** A copy of what processes see. */
  contentOf(path: string): Uint8Array {
    return this.#inodeOf(path).cached.slice();
  }

  #fileOf(inode: Inode, path: string): DiskFile {
    const generation = this.#generation;
    const perform = <T>(kind: DiskOperationKind, work: () => T, half?: () => T) => {
      this.#requireAlive(generation);
      return this.#perform(kind, path, work, half);
    };
    const readNow = (target: Uint8Array, position: number): number => {
      this.#requireAlive(generation);
      const bytes = inode.cached.subarray(position, position + target.length);
      target.set(bytes);
      return bytes.length;
    };
    return {
      size: async () => {
        this.#requireAlive(generation);
        return inode.cached.length;
      },
      read: async (target, position) => readNow(target, position),
      readNow,
      write: async (parts, position) => {
        const bytes = concatenate(parts);
        perform(
          "write",
          () => this.#write(inode, bytes, position),
          () => this.#write(inode, bytes.subarray(0, this.#random.nextInt(bytes.length + 1)), position),
        );
      },
      truncate: async (size) => perform("truncate", () => resize(inode, size)),
      sync: async () =>
        perform(
          "sync",
          () => this.#flush(inode, () => true),
          () => this.#failSync(inode),
        ),
      close: async () => undefined,
    };
  }

  #write(inode: Inode, bytes: Uint8Array, position: number): void {
    const end = position + bytes.length;
    const room = this.capacityBytes - this.#occupiedBytes() + pagesOf(inode.cached.length);
    if (pagesOf(end) > room) {
      const fits = Math.max(0, Math.floor(room / pageBytes) * pageBytes - position);
      this.#store(inode, bytes.subarray(0, Math.min(fits, bytes.length)), position);
      throw failure("ENOSPC");
    }
    this.#store(inode, bytes, position);
  }

  #store(inode: Inode, bytes: Uint8Array, position: number): void {
    if (bytes.length === 0) return;
    if (position + bytes.length > inode.cached.length) resize(inode, position + bytes.length);
    inode.cached.set(bytes, position);
    markDirty(inode, position, position + bytes.length);
  }

  #flush(inode: Inode, isWritten: (block: number) => boolean): void {
    const durable = new Uint8Array(inode.cached.length);
    durable.set(inode.durable.subarray(0, durable.length));
    for (const block of inode.dirty) {
      if (!isWritten(block)) continue;
      const from = block * blockBytes;
      durable.set(inode.cached.subarray(from, from + blockBytes), Math.min(from, durable.length));
    }
    inode.durable = durable;
    inode.dirty.clear();
  }

  #failSync(inode: Inode): void {
    this.#flush(inode, () => this.#flip());
  }

  #loseCache(inode: Inode): void {
    const { cached, durable } = inode;
    const keepsSize = this.#flip();
    this.#flush(inode, () => this.#flip());
    // The size is metadata of its own: it may be the old one, or one in between while the file grew.
    if (!keepsSize) {
      const [low, high] = [Math.min(cached.length, durable.length), Math.max(cached.length, durable.length)];
      const size = this.#flip() ? durable.length : low + this.#random.nextInt(high - low + 1);
      const kept = new Uint8Array(size);
      kept.set(durable.subarray(0, size));
      kept.set(inode.durable.subarray(0, size));
      inode.durable = kept;
    }
    inode.cached = inode.durable.slice();
  }

  #changeNames(path: string, apply: NameChange["apply"]): void {
    apply(this.#names);
    this.#nameChanges.push({ directory: parentOf(path), apply });
  }

  #perform<T>(kind: DiskOperationKind, path: string, work: () => T, half: () => T = work): T {
    this.#requireAlive(this.#generation);
    const index = this.operationCount++;
    const fault = this.fault?.({ index, kind, path });
    switch (fault?.kind) {
      case undefined:
        return work();
      case "refuse":
        if (kind === "sync") half();
        throw failure(fault.code);
      case "half":
        half();
        throw failure(fault.code);
      case "crash":
        this.#hasCrashed = true;
        if (this.#flip()) (this.#flip() ? half : work)();
        throw failure("EIO");
    }
  }

  #requireAlive(generation: number): void {
    if (this.#hasCrashed || generation !== this.#generation) throw failure("EIO");
  }

  #inodeOf(path: string): Inode {
    const inode = this.#names.files.get(path);
    if (inode === undefined) throw failure("ENOENT");
    return inode;
  }

  #requireAbsent(path: string): void {
    const { files, directories } = this.#names;
    if (files.has(path) || directories.has(path)) throw failure("EEXIST");
  }

  #requireSpace(bytes: number): void {
    if (this.#occupiedBytes() + bytes > this.capacityBytes) throw failure("ENOSPC");
  }

  #occupiedBytes(): number {
    let bytes = 0;
    for (const { cached } of new Set(this.#names.files.values())) bytes += pagesOf(cached.length);
    return bytes;
  }

  #flip(): boolean {
    return this.#random.nextInt(2) === 1;
  }
}

const failure = (code: string): Error => Object.assign(new Error(`${code}: simulated`), { code });

const parentOf = (path: string): string => path.slice(0, path.lastIndexOf("/"));

function withParents(path: string): readonly string[] {
  return path === "" ? [] : [...withParents(parentOf(path)), path];
}

function moveDirectory({ files, directories }: Names, from: string, to: string): void {
  const moved = (path: string): string => to + path.slice(from.length);
  const isInside = (path: string): boolean => path === from || path.startsWith(`${from}/`);
  for (const path of [...directories].filter(isInside)) {
    directories.delete(path);
    directories.add(moved(path));
  }
  for (const [path, inode] of [...files].filter(([path]) => isInside(path))) {
    files.delete(path);
    files.set(moved(path), inode);
  }
}

const pagesOf = (bytes: number): number => Math.max(1, Math.ceil(bytes / pageBytes)) * pageBytes;

function resize(inode: Inode, size: number): void {
  const before = inode.cached.length;
  const cached = new Uint8Array(size);
  cached.set(inode.cached.subarray(0, size));
  inode.cached = cached;
  // What is cut off and grown over again reads as zeros, on the device, too.
  if (size < before) markDirty(inode, size, before);
}

function markDirty({ dirty }: Inode, from: number, to: number): void {
  for (let block = Math.floor(from / blockBytes); block * blockBytes < to; block++) dirty.add(block);
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  assert(at === bytes.length, "all parts are written");
  return bytes;
}
