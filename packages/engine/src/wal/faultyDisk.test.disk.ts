import type { Disk, DiskFile } from "../disk/disk.ts";

/** What a test makes go wrong; called before the real operation. */
export type Fault = (
  operation: "write" | "sync" | "createFile" | "truncate" | "rename",
  path: string,
) => void;

/** A disk of which chosen operations fail, over a real one. */
export function faultyDisk(disk: Disk, fault: Fault): Disk {
  return {
    ...disk,
    createFile: async (path) => {
      fault("createFile", path);
      return faultyFile(await disk.createFile(path), path, fault);
    },
    rename: async (from, to) => {
      fault("rename", from);
      await disk.rename(from, to);
    },
    openFile: async (path) => faultyFile(await disk.openFile(path), path, fault),
  };
}

const faultyFile = (file: DiskFile, path: string, fault: Fault): DiskFile => ({
  size: () => file.size(),
  read: (target, position) => file.read(target, position),
  readNow: (target, position) => file.readNow(target, position),
  close: () => file.close(),
  write: async (parts, position) => {
    fault("write", path);
    await file.write(parts, position);
  },
  sync: async () => {
    fault("sync", path);
    await file.sync();
  },
  truncate: async (size) => {
    fault("truncate", path);
    await file.truncate(size);
  },
});
