/**
 * The files of a collection as the engine needs them. Paths are joined with `/`. Every method rejects with the
 * adapter's own error (with the operating system's `code`), and no method retries.
 */
export interface Disk {
  /** Creates it and its parents, durably. */
  makeDirectory(path: string): Promise<void>;
  /** Names of the entries; an absent directory has none. */
  list(path: string): Promise<readonly string[]>;
  /** Fails if it exists. The name is durable only after {@link Disk.syncDirectory}. */
  createFile(path: string): Promise<DiskFile>;
  /** For reading and writing; fails if it does not exist. */
  openFile(path: string): Promise<DiskFile>;
  remove(path: string): Promise<void>;
  /** Fails unless it is empty. */
  removeDirectory(path: string): Promise<void>;
  /**
   * A second name for a file, which lives until the last of its names is removed; durable after
   * {@link Disk.syncDirectory}. Fails if `to` exists, and where the file system knows no such thing.
   */
  link(from: string, to: string): Promise<void>;
  /** At once, in place of a file that has the name already; durable after {@link Disk.syncDirectory}. */
  rename(from: string, to: string): Promise<void>;
  syncDirectory(path: string): Promise<void>;
}

export interface DiskFile {
  size(): Promise<number>;
  /** Fills `target` from `position` on; resolves with the bytes read, fewer only at the end of the file. */
  read(target: Uint8Array, position: number): Promise<number>;
  /** As {@link DiskFile.read}, with the calling thread waiting: for a little that the system likely has in memory. */
  readNow(target: Uint8Array, position: number): number;
  /** Writes all of `parts`, one after the other, or rejects. */
  write(parts: readonly Uint8Array[], position: number): Promise<void>;
  truncate(size: number): Promise<void>;
  /** fdatasync: what was written before the call is on the device when it resolves. */
  sync(): Promise<void>;
  close(): Promise<void>;
}
