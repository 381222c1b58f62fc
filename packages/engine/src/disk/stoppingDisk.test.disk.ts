import type { Disk, DiskFile } from "./disk.ts";

export interface StoppingDiskOptions {
  /** Operations that succeed; the next one and all behind it are refused, as by a process that was killed. */
  readonly operationsMax: number;
  /** An empty directory on the same file system, for what a power cut brings back. */
  readonly graveyard: string;
}

export interface StoppingDisk {
  readonly disk: Disk;
  readonly isStopped: () => boolean;
  /** Makes of the files what a power cut may leave: nothing that was not synced. */
  readonly cutPower: () => Promise<void>;
}

interface UnsyncedName {
  readonly directory: string;
  readonly undo: () => Promise<void>;
  readonly forget?: () => Promise<void>;
}

/** A real disk that stops at some operation; of the write that it stops at, the first half is written. */
export function stoppingDisk(disk: Disk, { operationsMax, graveyard }: StoppingDiskOptions): StoppingDisk {
  let operations = 0;
  let buried = 0;
  /** By the file's path, how much of it is on the device. */
  const syncedBytes = new Map<string, number>();
  /** Oldest first. */
  let names: UnsyncedName[] = [];

  const isStopped = () => operations > operationsMax;
  const step = (): void => {
    operations += 1;
    if (isStopped()) throw new Error("the disk has stopped");
  };
  const parentOf = (path: string): string => path.slice(0, path.lastIndexOf("/"));

  const stoppingFile = (file: DiskFile, path: string): DiskFile => ({
    size: () => file.size(),
    read: (target, position) => file.read(target, position),
    readNow: (target, position) => file.readNow(target, position),
    close: () => file.close(),
    truncate: async (size) => {
      step();
      await file.truncate(size);
    },
    write: async (parts, position) => {
      try {
        step();
      } catch (error) {
        if (operations === operationsMax + 1) {
          const whole = Buffer.concat(parts);
          await file.write([whole.subarray(0, whole.length / 2)], position);
        }
        throw error;
      }
      await file.write(parts, position);
    },
    sync: async () => {
      step();
      await file.sync();
      syncedBytes.set(path, await file.size());
    },
  });

  /** @returns another name of the file that has the name now; undefined where there is none */
  const buryReplaced = async (path: string): Promise<string | undefined> => {
    const name = path.slice(path.lastIndexOf("/") + 1);
    if (!(await disk.list(parentOf(path))).includes(name)) return undefined;
    const grave = `${graveyard}/${buried++}`;
    await disk.link(path, grave);
    return grave;
  };

  const stopping: Disk = {
    list: (path) => disk.list(path),
    makeDirectory: async (path) => {
      step();
      await disk.makeDirectory(path);
    },
    createFile: async (path) => {
      step();
      const file = await disk.createFile(path);
      syncedBytes.set(path, 0);
      names.push({ directory: parentOf(path), undo: () => disk.remove(path) });
      return stoppingFile(file, path);
    },
    openFile: async (path) => {
      const file = await disk.openFile(path);
      if (!syncedBytes.has(path)) syncedBytes.set(path, await file.size());
      return stoppingFile(file, path);
    },
    remove: async (path) => {
      step();
      const grave = `${graveyard}/${buried++}`;
      await disk.rename(path, grave);
      names.push({
        directory: parentOf(path),
        undo: () => disk.rename(grave, path),
        forget: () => disk.remove(grave),
      });
    },
    removeDirectory: async (path) => {
      step();
      await disk.removeDirectory(path);
      names.push({ directory: parentOf(path), undo: () => disk.makeDirectory(path) });
    },
    link: async (from, to) => {
      step();
      await disk.link(from, to);
      names.push({ directory: parentOf(to), undo: () => disk.remove(to) });
    },
    rename: async (from, to) => {
      step();
      const replaced = await buryReplaced(to);
      await disk.rename(from, to);
      const synced = syncedBytes.get(from);
      if (synced !== undefined) syncedBytes.set(to, synced);
      names.push({
        directory: parentOf(to),
        undo: async () => {
          await disk.rename(to, from);
          if (replaced !== undefined) await disk.rename(replaced, to);
        },
        forget: async () => {
          if (replaced !== undefined) await disk.remove(replaced);
        },
      });
    },
    syncDirectory: async (path) => {
      step();
      await disk.syncDirectory(path);
      const synced = names.filter(({ directory }) => directory === path);
      names = names.filter(({ directory }) => directory !== path);
      for (const { forget } of synced) await forget?.();
    },
  };

  const truncate = async (path: string, size: number): Promise<void> => {
    const file = await disk.openFile(path);
    await file.truncate(size);
    await file.close();
  };
  const cutPower = async (): Promise<void> => {
    for (const [path, bytes] of syncedBytes) await truncate(path, bytes).catch(() => {});
    for (const { undo } of names.toReversed()) await undo();
    names = [];
  };
  return { disk: stopping, isStopped, cutPower };
}
