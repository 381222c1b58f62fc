import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CollectionId, SeededRandom, systemClock, systemRandom, UuidV7Generator } from "@akidb/base";
import Sqlite from "better-sqlite3";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { StoredDeadLetter } from "../deadLetter.ts";
import { DeadLetterFile, deadLetterFileName } from "./deadLetterFile.ts";

const ids = new UuidV7Generator(systemClock, systemRandom);

let directory: string;
let file: DeadLetterFile;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "akidb-dlq-"));
  file = new DeadLetterFile(directory);
});
afterEach(() => {
  file.close();
  rmSync(directory, { recursive: true });
});

const path = () => join(directory, deadLetterFileName);
const letterOf = (change: Partial<StoredDeadLetter> = {}): StoredDeadLetter => ({
  id: ids.next(),
  operation: "archive_log",
  collectionId: ids.next<"collection">() as CollectionId,
  collection: "books",
  key: "00000000000000000001.wal",
  attempts: 1,
  lastError: "no connection",
  firstFailedAtMs: 1_000,
  lastFailedAtMs: 2_000,
  ...change,
});
/** As the next start does. */
const reload = () => {
  file.close();
  file = new DeadLetterFile(directory);
  return file.load();
};

it("is made with the first letter", () => {
  expect(file.load()).toEqual({ letters: [], damagedCount: 0, putAsideAs: undefined });
  file.close();
  expect(readdirSync(directory)).toEqual([]);
});

it("keeps what was put last, in the order of noting", () => {
  const [first, second, third] = [letterOf(), letterOf(), letterOf({ operation: "upload_snapshot" })];
  for (const letter of [first, second, third]) file.put(letter);
  const changed = { ...first, attempts: 2, lastError: "ü".repeat(900), lastFailedAtMs: 2 ** 42 };
  file.put(changed);
  file.remove(second.id);
  expect(reload()).toEqual({ letters: [changed, third], damagedCount: 0, putAsideAs: undefined });
});

it("leaves a row out that is not what was written, and has it no more", () => {
  const [whole, harmed] = [letterOf(), letterOf()];
  file.put(whole);
  file.put(harmed);
  file.close();
  const database = new Sqlite(path());
  database
    .prepare("update dead_letters set attempts = 77 where collection_id = ?")
    .run(Buffer.from(harmed.collectionId.replaceAll("-", ""), "hex"));
  database.close();
  expect(reload()).toMatchObject({ letters: [whole], damagedCount: 1 });
  expect(reload()).toMatchObject({ letters: [whole], damagedCount: 0 });
});

it("puts a damaged file aside and begins anew, whatever is wrong with it", () => {
  for (let count = 0; count < 200; count++) file.put(letterOf({ lastError: "x".repeat(500) }));
  file.close();
  const bytes = readFileSync(path());
  const random = new SeededRandom(5);
  let putAside = 0;
  for (let round = 0; round < 16; round++) {
    const harmed = Uint8Array.from(bytes);
    const at = random.nextInt(round < 6 ? 100 : harmed.length);
    for (let n = 0; n < 64; n++) harmed[at + n] = random.nextInt(256);
    writeFileSync(path(), harmed);
    file = new DeadLetterFile(directory);
    let found: ReturnType<DeadLetterFile["load"]>;
    try {
      found = file.load();
    } catch (error) {
      // Its application id or version is another one by chance.
      expect(error).toMatchObject({ code: "failed_precondition" });
      continue;
    }
    if (found.putAsideAs !== undefined) putAside += 1;
    expect(found.letters.every(({ lastError }) => lastError === "x".repeat(500))).toBe(true);
    const letter = letterOf();
    file.put(letter);
    expect(reload().letters).toContainEqual(letter);
    file.close();
    for (const name of readdirSync(directory)) rmSync(join(directory, name));
  }
  expect(putAside).toBeGreaterThan(2);
});

it.each([
  ["of a newer version", "pragma user_version = 2", /newer/],
  ["of another program", "pragma application_id = 7", /another program/],
])("is refused where it is %s, and stays as it is", (_, change, message) => {
  file.put(letterOf());
  file.close();
  const database = new Sqlite(path());
  database.exec(change);
  database.close();
  expect(() => new DeadLetterFile(directory).load()).toThrow(message);
  expect(readdirSync(directory)).toContain(deadLetterFileName);
});

it("reads the file of version 1", () => {
  const golden = new URL("../../fixtures/dlq-1.db", import.meta.url);
  writeFileSync(path(), readFileSync(golden));
  expect(reload().letters).toEqual([
    {
      id: "01900000-0000-7000-8000-000000000001",
      operation: "upload_snapshot",
      collectionId: "01900000-0000-7000-8000-000000000002",
      collection: "books",
      key: "01900000-0000-7000-8000-000000000003",
      attempts: 3,
      lastError: "the object store did not serve it (503 SlowDown)",
      firstFailedAtMs: 1_767_225_600_000,
      lastFailedAtMs: 1_767_225_660_000,
    },
  ]);
});
