import { formatBytes } from "../terminal/formatNumber.ts";
import { type Finding, fine, problem, warning } from "./finding.ts";
import type { DiskSpace, Machine, WritingTrial } from "./machine.ts";

const freeBytesMin = 512 * 1024 * 1024;
/** As the alert has it. */
const usedShareMax = 0.85;

/** What Linux calls them: statfs(2). */
const unsuitableKinds: ReadonlyMap<number, readonly [name: string, reason: string]> = new Map([
  [0x6969, ["NFS", "its locks and syncs may promise what they do not keep"]],
  [0xff534d42, ["CIFS", "its locks and syncs may promise what they do not keep"]],
  [0xfe534d42, ["SMB", "its locks and syncs may promise what they do not keep"]],
  [0x65735546, ["FUSE", "whether it keeps what it was told to sync depends on the program behind it"]],
  [0x01021994, ["tmpfs", "it is memory, and is gone when the machine stops"]],
  [0x794c7630, ["overlay", "it goes with the container, unless a volume is mounted there"]],
]);

/** The disk below a data directory. */
export async function checkDataDirectory(machine: Machine, directory: string): Promise<readonly Finding[]> {
  const disk = await machine.disk(directory);
  return [await checkPermissions(machine, directory), checkSpace(disk), checkKind(disk)];
}

async function checkPermissions(machine: Machine, directory: string): Promise<Finding> {
  const check = "data directory";
  const trial = await machine.tryWriting(directory);
  if (trial.kind === "refused") {
    return problem(check, `${trial.path} cannot be written (${trial.code})`, adviceFor(trial));
  }
  if (!trial.exists) return fine(check, `${directory} is not there yet, and can be made`);
  if (trial.isReadByOthers) {
    return warning(check, `${directory} can be read by every user of the machine`, `chmod 700 ${directory}`);
  }
  return fine(check, `${directory} can be written`);
}

function adviceFor({ path, code }: Extract<WritingTrial, { kind: "refused" }>): string {
  if (code === "ENOSPC") return "make room on its disk, or name another directory with --data-dir";
  if (code === "ENOTDIR") return `${path} is a file: name another directory with --data-dir`;
  if (code === "EROFS") return "its file system is read-only: name another directory with --data-dir";
  return `let this user write to ${path}, or name another directory with --data-dir`;
}

function checkSpace({ freeBytes, totalBytes }: DiskSpace): Finding {
  const detail = `${formatBytes(freeBytes)} of ${formatBytes(totalBytes)} are free`;
  const advice = "make room, or move the data to a larger disk: a full one refuses writes";
  if (freeBytes < freeBytesMin) return problem("disk space", detail, advice);
  return freeBytes < (1 - usedShareMax) * totalBytes
    ? warning("disk space", detail, advice)
    : fine("disk space", detail);
}

function checkKind({ kind }: DiskSpace): Finding {
  const unsuitable = unsuitableKinds.get(kind >>> 0);
  if (unsuitable === undefined) return fine("file system", "nothing speaks against it");
  const [name, reason] = unsuitable;
  return warning("file system", `${name}: ${reason}`, "put the data on a local disk");
}
