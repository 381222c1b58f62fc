import { type Disk, type DiskFile, nodeDisk } from "@akidb/engine";

export interface MortalDisk {
  readonly disk: Disk;
  /** After so many more operations that change something, all are refused, as if the process were gone. */
  readonly dieAfter: (operations: number) => void;
}

/** The machine's own disk, for one life of a process. */
export function mortalDisk(): MortalDisk {
  let operationsLeft = Number.POSITIVE_INFINITY;
  const live = async <T>(work: () => Promise<T>): Promise<T> => {
    if (operationsLeft <= 0) throw new Error("the disk is gone");
    operationsLeft -= 1;
    return await work();
  };
  const mortalFile = (file: DiskFile): DiskFile => ({
    size: () => file.size(),
    read: (target, position) => file.read(target, position),
    readNow: (target, position) => file.readNow(target, position),
    close: () => file.close(),
    truncate: (size) => live(() => file.truncate(size)),
    sync: () => live(() => file.sync()),
    write: (parts, position) => {
      if (operationsLeft !== 1) return live(() => file.write(parts, position));
      // The last one is done by half.
      return live(async () => {
        const whole = Buffer.concat(parts);
        await file.write([whole.subarray(0, whole.length / 2)], position);
        throw new Error("the disk is gone");
      });
    },
  });
  const disk: Disk = {
    list: (path) => nodeDisk.list(path),
    makeDirectory: (path) => live(() => nodeDisk.makeDirectory(path)),
    createFile: (path) => live(async () => mortalFile(await nodeDisk.createFile(path))),
    openFile: async (path) => mortalFile(await nodeDisk.openFile(path)),
    remove: (path) => live(() => nodeDisk.remove(path)),
    removeDirectory: (path) => live(() => nodeDisk.removeDirectory(path)),
    link: (from, to) => live(() => nodeDisk.link(from, to)),
    rename: (from, to) => live(() => nodeDisk.rename(from, to)),
    syncDirectory: (path) => live(() => nodeDisk.syncDirectory(path)),
  };
  return {
    disk,
    dieAfter: (operations) => {
      operationsLeft = operations;
    },
  };
}
