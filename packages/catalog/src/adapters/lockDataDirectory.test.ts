import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type DataDirectoryLock, lockDataDirectory } from "./lockDataDirectory.ts";
import type { LockHolder } from "./lockHolder.ts";
import { readLockHolder } from "./readLockHolder.ts";

const built = new URL("../../dist/index.js", import.meta.url).href;
const holder: LockHolder = {
  pid: process.pid,
  url: "http://127.0.0.1:8080",
  startedAt: "2026-01-31T09:30:00.000Z",
  command: "akidb serve",
};

let parent: string;
let directory: string;
let locks: DataDirectoryLock[];
let children: ChildProcess[];

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), "akidb-lock-"));
  directory = join(parent, "data");
  locks = [];
  children = [];
});

afterEach(async () => {
  for (const child of children) await kill(child);
  for (const lock of locks) lock.release();
  rmSync(parent, { recursive: true });
});

function lock(given: Partial<LockHolder> = {}): DataDirectoryLock {
  const taken = lockDataDirectory({ directory, holder: { ...holder, ...given } });
  locks.push(taken);
  return taken;
}

test("a directory that cannot be made is told from one that can", () => {
  writeFileSync(directory, "a file");
  expect(() => lock()).toThrow("the data directory cannot be made: there is a file of its name (EEXIST)");
  directory = join(directory, "below", "it");
  expect(() => lock()).toThrow("the data directory cannot be made: a part of its path is a file (ENOTDIR)");
  directory = join(parent, "a", "b", "c");
  lock();
  expect(statSync(directory).isDirectory()).toBe(true);
});

test.runIf(process.platform === "linux")("where none can be made, making one ends", () => {
  directory = "/proc/nope/x";
  expect(() => lock()).toThrow("the data directory cannot be made: ");
});

function release(taken: DataDirectoryLock): void {
  locks = locks.filter((held) => held !== taken);
  taken.release();
}

/** Runs `body` in a process of its own; it answers line by line. */
function run(body: string): { readonly child: ChildProcess; line(): Promise<string> } {
  const code = `
    import { lockDataDirectory, readLockHolder } from ${JSON.stringify(built)};
    const directory = ${JSON.stringify(directory)};
    const holder = { pid: process.pid, startedAt: "2026-02-01T00:00:00.000Z", command: "akidb import" };
    const lock = () => lockDataDirectory({ directory, holder });
    ${body}`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", code], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return { child, line: async () => (await lines.next()).value as string };
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}

const holdForEver = 'lock(); console.log("locked"); setInterval(() => {}, 1_000);';

test.skipIf(process.platform === "win32")("the directory is made for its user alone", () => {
  lock();
  expect(statSync(directory).mode & 0o777).toBe(0o700);
});

test("makes the directory, and names the holder until it lets go", () => {
  expect(readLockHolder(directory)).toBeUndefined();
  expect(existsSync(directory)).toBe(false);
  const taken = lock();
  expect(readLockHolder(directory)).toEqual(holder);
  release(taken);
  expect(readLockHolder(directory)).toBeUndefined();
  lock({ command: "akidb import" });
  expect(readLockHolder(directory)).toMatchObject({ command: "akidb import" });
});

test("is given once in a process", () => {
  lock();
  for (const _ of [1, 2]) {
    expect(() => lock()).toThrow(
      expect.objectContaining({
        code: "failed_precondition",
        message:
          `data directory is in use by process ${process.pid} ` +
          "(akidb serve, http://127.0.0.1:8080, since 2026-01-31T09:30:00.000Z)",
      }),
    );
  }
  expect(readLockHolder(directory)).toEqual(holder);
});

test("keeps another process out, which finds the holder", async () => {
  lock();
  const { line } = run(`
    try { lock(); console.log("stolen"); } catch (error) { console.log(error.code, error.message); }
    console.log(JSON.stringify(readLockHolder(directory)));`);
  expect(await line()).toMatch(new RegExp(`^failed_precondition .* process ${process.pid} \\(akidb serve`));
  expect(JSON.parse(await line())).toEqual(holder);
});

test("ends with its process, even by SIGKILL", async () => {
  const { child, line } = run(holdForEver);
  expect(await line()).toBe("locked");
  expect(() => lock()).toThrow(
    `data directory is in use by process ${child.pid} (akidb import, since 2026-02-01T00:00:00.000Z)`,
  );
  expect(readLockHolder(directory)).toMatchObject({ pid: child.pid });
  await kill(child);
  expect(readLockHolder(directory)).toBeUndefined();
  lock();
});

test("outlives the collection of what nobody refers to", async () => {
  const { child, line } = run(`
    import { setFlagsFromString } from "node:v8";
    import { runInNewContext } from "node:vm";
    setFlagsFromString("--expose-gc");
    const collectGarbage = runInNewContext("gc");
    lock();
    for (let i = 0; i < 5; i++) {
      collectGarbage();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    console.log("locked");
    setInterval(() => {}, 1_000);`);
  expect(await line()).toBe("locked");
  expect(readLockHolder(directory)).toMatchObject({ pid: child.pid });
  expect(() => lock()).toThrow("in use");
});

test("is held while the holder changes its address", async () => {
  const taken = lock();
  const { child, line } = run(`
    console.log("ready");
    for (let round = 1; ; round++) {
      if (readLockHolder(directory) === undefined) console.log("nobody");
      try { lock(); console.log("stolen"); } catch (error) {
        if (error.code !== "failed_precondition") console.log(error.message);
      }
      if (round === 4) console.log("done");
    }`);
  expect(await line()).toBe("ready");
  const answer = line();
  let answered = false;
  void answer.then(() => {
    answered = true;
  });
  let port = 0;
  while (!answered) {
    taken.setUrl(`http://127.0.0.1:${++port}`);
    // A commit keeps readers out; without a pause they would never get in.
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect(await answer).toBe("done");
  await kill(child);
  expect(readLockHolder(directory)).toEqual({ ...holder, url: `http://127.0.0.1:${port}` });
});

test("goes to one of many who try at once", async () => {
  const tries = [1, 2, 3, 4].map(() =>
    run(`
      console.log("ready");
      await new Promise((resolve) => setTimeout(resolve, ${Date.now() + 700} - Date.now()));
      try { lock(); console.log("locked"); } catch (error) { console.log(error.code); }
      setInterval(() => {}, 1_000);`),
  );
  for (const { line } of tries) expect(await line()).toBe("ready");
  const answers = await Promise.all(tries.map(({ line }) => line()));
  expect(answers.sort()).toEqual([...Array(3).fill("failed_precondition"), "locked"]);
});

test("refuses a LOCK that is none, and a directory that is a file", () => {
  release(lock());
  writeFileSync(join(directory, "LOCK"), "pid 17\n".repeat(200));
  expect(() => lock()).toThrow(
    expect.objectContaining({
      code: "failed_precondition",
      message: expect.stringMatching(/^LOCK is damaged/),
    }),
  );
  expect(() => readLockHolder(directory)).toThrow(/^LOCK is damaged/);
  directory = join(directory, "LOCK");
  expect(() => lock()).toThrow(expect.objectContaining({ code: "failed_precondition" }));
});
