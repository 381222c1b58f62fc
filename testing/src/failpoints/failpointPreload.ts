/**
 * Loaded before anything else (`node --import`): whatever the process does to the files of its data directory is a point
 * with a name, in all of its threads, and it can be killed before, during and after each. What is replaced is Node's own
 * functions, so the product is the one that users run.
 */
import syncFs from "node:fs";
import fs, { type FileHandle } from "node:fs/promises";
import { createRequire, syncBuiltinESMExports } from "node:module";
import { relative } from "node:path";
import threads, { Worker } from "node:worker_threads";
import { openJournal } from "./journal.ts";
import { type FailpointSettings, failpointVariable } from "./killPoint.ts";

const { root, journal: journalPath, kill }: FailpointSettings = JSON.parse(process.env[failpointVariable]!);
const journal = openJournal(journalPath);
const passed = new Map<string, number>();

/** Starts beforehand, so that it kills within the delay: a thread that waits for its word. */
const assassin = kill?.moment === "during" ? startAssassin(kill.delayMicroseconds) : undefined;

function startAssassin(delayMicroseconds: number): { readonly send: () => void } {
  const word = new Int32Array(new SharedArrayBuffer(4));
  const program = `
    const { workerData } = require("node:worker_threads");
    Atomics.wait(workerData.word, 0, 0);
    const until = performance.now() + workerData.delayMicroseconds / 1000;
    while (performance.now() < until);
    process.kill(process.pid, "SIGKILL");
  `;
  const worker = new Worker(program, { eval: true, execArgv: [], workerData: { word, delayMicroseconds } });
  worker.unref();
  return {
    send: () => {
      Atomics.store(word, 0, 1);
      Atomics.notify(word, 0);
    },
  };
}

function die(): never {
  journal({ kind: "killed" });
  process.kill(process.pid, "SIGKILL");
  for (;;);
}

/** @returns whether the process is to be killed at this one */
function pass(point: string): boolean {
  const occurrence = (passed.get(point) ?? 0) + 1;
  journal({ kind: "point", point, occurrence });
  passed.set(point, occurrence);
  return kill?.point === point && kill.occurrence === occurrence;
}

function dieDuring(): void {
  journal({ kind: "killed" });
  assassin!.send();
}

async function perform<T>(point: string, work: () => Promise<T>, half?: () => Promise<unknown>): Promise<T> {
  if (!pass(point)) return await work();
  if (kill!.moment === "before") die();
  if (kill!.moment === "during") {
    if (half !== undefined) {
      await half();
      die();
    }
    dieDuring();
  }
  await work();
  // Nobody learns that it is done.
  if (kill!.moment === "after") die();
  return await new Promise(() => {});
}

function performNow<T>(point: string, work: () => T, half?: () => void): T {
  if (!pass(point)) return work();
  if (kill!.moment === "before") die();
  if (kill!.moment === "during") {
    if (half !== undefined) {
      half();
      die();
    }
    dieDuring();
  }
  work();
  if (kill!.moment === "after") die();
  for (;;);
}

/** A path without what is different every time; undefined outside the data directory. */
function roleOf(path: unknown): string | undefined {
  const role = relative(root, String(path)) || ".";
  if (role.startsWith("..")) return undefined;
  return role
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, "<id>")
    .replace(/\bcontent\/[0-9a-f]{2}\b/g, "content/<nn>")
    .replace(/\b[0-9a-f]{32}([0-9a-f]{32})?\b/g, "<hex>")
    .replace(/\d{20}(-\d+)?/g, "<lsn>")
    .replace(/\d{4}-\d\d-\d\dT[\d-]+\.\d{3}Z/g, "<time>")
    .replace(/segment-\d+/g, "segment-<n>")
    .replace(/^collections\/<id>(?:\.(creating|restoring))?\//, (_, state?: string) =>
      state === undefined ? "" : `${state}/`,
    );
}

type AnyAsync = (...args: unknown[]) => Promise<unknown>;

/** @param pathAt which argument names the point: what is renamed or linked is called as it is afterwards */
function intercept(name: keyof typeof fs, pathAt = 0): void {
  const original = fs[name] as unknown as AnyAsync;
  const replacement: AnyAsync = (...args) => {
    const role = roleOf(args[pathAt]);
    if (role === undefined) return original(...args);
    return perform(`${name} ${role}`, () => original(...args));
  };
  Object.assign(fs, { [name]: replacement });
}

for (const name of ["unlink", "rm", "rmdir", "mkdir"] as const) intercept(name);
for (const name of ["rename", "link", "copyFile"] as const) intercept(name, 1);

interface OpenFile {
  readonly role: string;
  readonly isDirectory: boolean;
}
const openFiles = new WeakMap<FileHandle, OpenFile>();

const open = fs.open as unknown as (...args: unknown[]) => Promise<FileHandle>;
let isHandlePatched = false;
async function openNamed(path: unknown, flags: unknown = "r", ...rest: unknown[]): Promise<FileHandle> {
  const role = roleOf(path);
  const work = () => open(path, flags, ...rest);
  const isCreation = String(flags).startsWith("w");
  const handle = role !== undefined && isCreation ? await perform(`createFile ${role}`, work) : await work();
  if (!isHandlePatched) patchHandles(Object.getPrototypeOf(handle));
  isHandlePatched = true;
  if (role !== undefined) openFiles.set(handle, { role, isDirectory: (await handle.stat()).isDirectory() });
  return handle;
}
Object.assign(fs, { open: openNamed });

function patchHandles(prototype: FileHandle): void {
  const { writev, sync, datasync, truncate } = prototype;
  const around = (handle: FileHandle, name: string, work: () => Promise<unknown>, half?: typeof work) => {
    const file = openFiles.get(handle);
    return file === undefined ? work() : perform(`${name} ${file.role}`, work, half);
  };
  Object.assign(prototype, {
    writev(this: FileHandle, parts: readonly Uint8Array[], position: number) {
      const half = () => {
        const whole = Buffer.concat(parts);
        return writev.call(this, [whole.subarray(0, whole.length / 2)], position);
      };
      return around(this, "write", () => writev.call(this, parts, position), half);
    },
    sync(this: FileHandle) {
      const name = openFiles.get(this)?.isDirectory ? "syncDirectory" : "sync";
      return around(this, name, () => sync.call(this));
    },
    datasync(this: FileHandle) {
      return around(this, "sync", () => datasync.call(this));
    },
    truncate(this: FileHandle, size: number) {
      return around(this, "truncate", () => truncate.call(this, size));
    },
  });
}

/** What is small or waited for by everybody is written at once; whole, in one call. */
const { writeFileSync, renameSync, openSync, fsyncSync } = syncFs;
const openDirectories = new Map<number, string>();
Object.assign(syncFs, {
  writeFileSync(path: string, content: string | Uint8Array, options?: object) {
    const work = () => writeFileSync(path, content, options);
    const role = roleOf(path);
    if (role === undefined) return work();
    const half = () => writeFileSync(path, Buffer.from(content).subarray(0, content.length / 2));
    return performNow(`write ${role}`, work, half);
  },
  renameSync(from: string, to: string) {
    const work = () => renameSync(from, to);
    const role = roleOf(to);
    return role === undefined ? work() : performNow(`rename ${role}`, work);
  },
  openSync(path: string, ...rest: [flags: string]) {
    const file = openSync(path, ...rest);
    const role = roleOf(path);
    if (role !== undefined && syncFs.fstatSync(file).isDirectory()) openDirectories.set(file, role);
    else openDirectories.delete(file);
    return file;
  },
  fsyncSync(file: number) {
    const work = () => fsyncSync(file);
    const role = openDirectories.get(file);
    return role === undefined ? work() : performNow(`syncDirectory ${role}`, work);
  },
});

/** The thread that writes documents takes none of the process's options, so it is given them. */
class PreloadedWorker extends Worker {
  constructor(url: string | URL, options: threads.WorkerOptions = {}) {
    const isDocumentWriter = String(url).includes("documentWriteWorker");
    super(url, isDocumentWriter ? { ...options, execArgv: process.execArgv } : options);
  }
}
Object.assign(threads, { Worker: PreloadedWorker });
syncBuiltinESMExports();

/** What is used of it here. */
interface SqliteDatabase {
  readonly name: string;
  prepare(sql: string): SqliteStatement;
  pragma(source: string, options?: object): unknown;
  exec(sql: string): unknown;
  transaction(work: Work): Transaction;
}
type Work = (...args: unknown[]) => unknown;
type Transaction = Work & Readonly<Record<(typeof transactionKinds)[number], Work>>;
const transactionKinds = ["deferred", "immediate", "exclusive"] as const;
type SqliteStatement = Record<"run" | "all", (...args: unknown[]) => unknown>;

// The engine's own.
const sqlite: { readonly prototype: SqliteDatabase } = createRequire(import.meta.resolve("@akidb/engine"))(
  "better-sqlite3",
);
const { prepare, pragma, exec, transaction } = sqlite.prototype;
const roleOfDatabase = ({ name }: SqliteDatabase) => roleOf(name);
/** `insert into documents` of a longer one. */
const nameOf = (sql: string) => sql.trim().split(/\s+/).slice(0, 3).join(" ").replaceAll('"', "");
const isChange = /^\s*(insert|update|delete|replace|begin|commit)/i;
/** Of the versions of a schema, which change with it. */
const isChangingPragma = /^(wal_checkpoint|user_version = |application_id = )/;

Object.assign(sqlite.prototype, {
  prepare(this: SqliteDatabase, sql: string) {
    const statement = prepare.call(this, sql);
    const role = roleOfDatabase(this);
    if (role === undefined || !isChange.test(sql)) return statement;
    for (const name of ["run", "all"] as const) {
      const original = statement[name].bind(statement);
      const value = (...args: unknown[]) => performNow(`${role}: ${nameOf(sql)}`, () => original(...args));
      Object.defineProperty(statement, name, { value });
    }
    return statement;
  },
  pragma(this: SqliteDatabase, source: string, options?: object) {
    const work = () => pragma.call(this, source, options);
    const role = roleOfDatabase(this);
    if (role === undefined || !isChangingPragma.test(source)) return work();
    return performNow(`${role}: ${source}`, work);
  },
  exec(this: SqliteDatabase, sql: string) {
    const role = roleOfDatabase(this);
    if (role === undefined) return exec.call(this, sql);
    return performNow(`${role}: schema`, () => exec.call(this, sql));
  },
  /** As a whole, from its beginning to its commit, which are no statements of their own. */
  transaction(this: SqliteDatabase, work: Work) {
    const original = transaction.call(this, work);
    const role = roleOfDatabase(this);
    if (role === undefined) return original;
    const named =
      (run: Work): Work =>
      (...args) =>
        performNow(`${role}: transaction`, () => run(...args));
    const kinds = transactionKinds.map((kind) => [kind, named(original[kind])] as const);
    return Object.assign(named(original), Object.fromEntries(kinds));
  },
});
