import { execFileSync, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

/** A file system of its own, in memory, for one command: needs Linux and user namespaces. */
const onSmallFileSystem = (command: string): readonly string[] => [
  "-Ur",
  "-m",
  "sh",
  "-c",
  `mount -t tmpfs -o size=8m tmpfs /mnt && ${command}`,
];

const canMount = spawnSync("unshare", [...onSmallFileSystem("true")]).status === 0;
if (!canMount) console.warn("skipped: no small file system can be mounted here (unshare -Ur -m)");

it.skipIf(!canMount)(
  "on a full disk writes are refused, reads go on, nothing acknowledged is lost, and writes resume by themselves",
  { timeout: 60_000 },
  () => {
    const child = fileURLToPath(new URL("../../dist/diskFull/fillDisk.js", import.meta.url));
    const command = onSmallFileSystem(`exec "${process.execPath}" "${child}" /mnt`);
    const result = JSON.parse(execFileSync("unshare", [...command], { encoding: "utf8" }));
    expect(result.refusedCount).toBeGreaterThanOrEqual(5);
    expect(result.errors).toEqual(["unavailable"]);
    expect(result.foundWhileFull).toBe(result.acknowledgedWhenFull);
    expect(result).toMatchObject({ writtenAfter: 20, lost: [], reappeared: [] });
  },
);
