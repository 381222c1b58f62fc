import { SeededRandom } from "@akidb/base";
import { describe, expect, it } from "vitest";
import { type DiskFault, SimulatedDisk } from "./simulatedDisk.test.disk.ts";

const bytes = (length: number, value: number) => new Uint8Array(length).fill(value);

async function makeDisk(seed = 1) {
  const disk = new SimulatedDisk({ random: new SeededRandom(seed) });
  await disk.makeDirectory("/a");
  return disk;
}

async function read(disk: SimulatedDisk, path: string): Promise<Uint8Array> {
  const file = await disk.openFile(path);
  const target = new Uint8Array(await file.size());
  await file.read(target, 0);
  return target;
}

/** What a property looks like over many power cuts. */
async function outcomes(count: number, run: (disk: SimulatedDisk) => Promise<string>): Promise<Set<string>> {
  const found = new Set<string>();
  for (let seed = 1; seed <= count; seed++) found.add(await run(await makeDisk(seed)));
  return found;
}

describe("a simulated disk", () => {
  it("keeps over a power cut what was synced, with its name", async () => {
    const kept = await outcomes(30, async (disk) => {
      const file = await disk.createFile("/a/f");
      await file.write([bytes(600, 1), bytes(600, 2)], 0);
      await file.sync();
      await disk.syncDirectory("/a");
      disk.cutPower();
      return Buffer.from(await read(disk, "/a/f")).toString("hex");
    });
    expect([...kept]).toEqual(["01".repeat(600) + "02".repeat(600)]);
  });

  it("may lose any unsynced block, size and name", async () => {
    const blocks = await outcomes(200, async (disk) => {
      const file = await disk.createFile("/a/f");
      await file.write([bytes(1_536, 1)], 0);
      await file.sync();
      await disk.syncDirectory("/a");
      await file.write([bytes(1_536, 2)], 0);
      disk.cutPower();
      const found = await read(disk, "/a/f");
      return [0, 512, 1_024].map((at) => found[at]).join("");
    });
    expect([...blocks].sort()).toEqual(["111", "112", "121", "122", "211", "212", "221", "222"]);
    const sizes = await outcomes(100, async (disk) => {
      const file = await disk.createFile("/a/f");
      await disk.syncDirectory("/a");
      await file.write([bytes(1_000, 1)], 0);
      disk.cutPower();
      return (await read(disk, "/a/f")).length < 1_000 ? "shorter" : "whole";
    });
    expect(sizes).toEqual(new Set(["shorter", "whole"]));
    const names = await outcomes(30, async (disk) => {
      await disk.createFile("/a/f");
      disk.cutPower();
      return disk.paths().join();
    });
    expect(names).toEqual(new Set(["", "/a/f"]));
  });

  it("renames in one step: after a power cut either name is there, never both or none", async () => {
    const names = await outcomes(50, async (disk) => {
      for (const [name, value] of [
        ["f", 1],
        ["f.new", 2],
      ] as const) {
        const file = await disk.createFile(`/a/${name}`);
        await file.write([bytes(1, value)], 0);
        await file.sync();
      }
      await disk.syncDirectory("/a");
      await disk.rename("/a/f.new", "/a/f");
      disk.cutPower();
      return `${disk.paths()} ${await read(disk, "/a/f")}`;
    });
    expect(names).toEqual(new Set(["/a/f,/a/f.new 1", "/a/f 2"]));
  });

  it("drops what a failed sync did not write, and reports success the next time", async () => {
    const found = await outcomes(50, async (disk) => {
      const file = await disk.createFile("/a/f");
      await disk.syncDirectory("/a");
      await file.write([bytes(512, 1)], 0);
      disk.fault = ({ kind }) => (kind === "sync" ? { kind: "refuse", code: "EIO" } : undefined);
      await expect(file.sync()).rejects.toMatchObject({ code: "EIO" });
      disk.fault = undefined;
      await file.sync();
      expect((await read(disk, "/a/f"))[0]).toBe(1);
      disk.cutPower();
      return String((await read(disk, "/a/f"))[0]);
    });
    expect(found).toEqual(new Set(["0", "1"]));
  });

  it("keeps over the end of a process what it had written, and nothing works for its files any more", async () => {
    const disk = await makeDisk();
    const file = await disk.createFile("/a/f");
    await file.write([bytes(10, 7)], 0);
    disk.fault = ({ kind }): DiskFault | undefined => (kind === "truncate" ? { kind: "crash" } : undefined);
    await expect(file.truncate(10)).rejects.toThrow("EIO");
    expect(disk.hasCrashed).toBe(true);
    await expect(disk.openFile("/a/f")).rejects.toThrow("EIO");
    disk.restart();
    expect(await read(disk, "/a/f")).toEqual(bytes(10, 7));
    await expect(file.write([bytes(1, 1)], 0)).rejects.toThrow("EIO");
  });

  it("is full at its capacity: a write is cut short, and fits again when space is back", async () => {
    const disk = await makeDisk();
    disk.capacityBytes = 3 * 4_096;
    const file = await disk.createFile("/a/f");
    await expect(file.write([bytes(20_000, 1)], 0)).rejects.toMatchObject({ code: "ENOSPC" });
    expect(await file.size()).toBe(3 * 4_096);
    await expect(disk.createFile("/a/g")).rejects.toMatchObject({ code: "ENOSPC" });
    await file.truncate(0);
    await disk.createFile("/a/g");
    disk.capacityBytes = 20 * 4_096;
    await file.write([bytes(20_000, 1)], 0);
    expect(await file.size()).toBe(20_000);
  });

  it("moves directories with what is in them, and flips bits", async () => {
    const disk = await makeDisk();
    await disk.makeDirectory("/a/b/c");
    const file = await disk.createFile("/a/b/c/f");
    await file.write([bytes(2, 0)], 0);
    await disk.link("/a/b/c/f", "/a/g");
    await disk.rename("/a/b", "/a/d");
    expect((await disk.list("/a")).toSorted()).toEqual(["d", "g"]);
    await expect(disk.removeDirectory("/a/d")).rejects.toMatchObject({ code: "ENOTEMPTY" });
    disk.flipBit("/a/d/c/f", 9);
    expect(disk.contentOf("/a/g")).toEqual(new Uint8Array([0, 2]));
    await disk.remove("/a/d/c/f");
    await disk.removeDirectory("/a/d/c");
    await disk.removeDirectory("/a/d");
    expect(disk.paths()).toEqual(["/a/g"]);
  });
});
