import { readFile, realpath, stat } from "node:fs/promises";
import { dirname } from "node:path";

/** Whether a file system, or a part of one, is mounted there; such a directory can neither be renamed nor removed. */
export async function isMountPoint(path: string): Promise<boolean> {
  const real = await realpath(path).catch(() => undefined);
  if (real === undefined) return false;
  const [own, above] = await Promise.all([stat(real), stat(dirname(real))]);
  if (own.dev !== above.dev || own.ino === above.ino) return true;
  // A part of the same file system may be mounted there; Linux says so, in the fifth field of a line (proc(5)).
  const mounts = await readFile("/proc/self/mountinfo", "utf8").catch(() => "");
  return mounts.split("\n").some((line) => unescapeOctal(line.split(" ")[4] ?? "") === real);
}

const unescapeOctal = (text: string): string =>
  text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
