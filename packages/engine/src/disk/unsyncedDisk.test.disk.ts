import type { Disk, DiskFile } from "./disk.ts";

/** A disk for tests that lose no power and write much: syncing does nothing. */
export function unsyncedDisk(disk: Disk): Disk {
  return {
    ...disk,
    createFile: async (path) => unsynced(await disk.createFile(path)),
    openFile: async (path) => unsynced(await disk.openFile(path)),
    syncDirectory: async () => {},
  };
}

const unsynced = (file: DiskFile): DiskFile => ({
  size: () => file.size(),
  read: (target, position) => file.read(target, position),
  readNow: (target, position) => file.readNow(target, position),
  write: (parts, position) => file.write(parts, position),
  truncate: (size) => file.truncate(size),
  sync: async () => {},
  close: () => file.close(),
});
