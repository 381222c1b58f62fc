import {
  type DocumentId,
  idFromBytes,
  parseId,
  SeededRandom,
  systemClock,
  UuidV7Generator,
} from "@akidb/base";
import { describe, expect, it } from "vitest";
import { hashText, hashWords } from "./keyedHash.ts";
import { RowHashTable } from "./rowHashTable.ts";
import { makeHashKey, RowTable } from "./rowTable.ts";

const key = { low: 0x01234567, high: 0x89abcdef };

describe("row table", () => {
  const randomId = (random: SeededRandom, bound: number): DocumentId =>
    parseId<"document">(`01890000-0000-7000-8000-${random.nextInt(bound).toString(16).padStart(12, "0")}`)!;

  it.each([1, 2, 3, 4])(
    "equals Maps under random changes, also when it is loaded (seed %d)",
    async (seed) => {
      const random = new SeededRandom(seed);
      const idBound = [20, 300, 5_000, 1_000_000][seed - 1]!;
      const table = new RowTable(key);
      const rowById = new Map<DocumentId, number>();
      const keysOfRow: { id: DocumentId; externalId: string | undefined }[] = [];
      const check = (checked: RowTable) => {
        expect(checked.count).toBe(rowById.size);
        for (const [row, { id, externalId }] of keysOfRow.entries()) {
          expect(checked.idOf(row)).toBe(id);
          expect(checked.rowOf(id)).toBe(rowById.get(id));
          const isCurrent = rowById.get(id) === row;
          expect(checked.isCurrent(row)).toBe(isCurrent);
          if (externalId === undefined) continue;
          const found = checked.findExternalId(externalId, (candidate) => candidate === row);
          expect(found).toBe(isCurrent ? row : undefined);
        }
        expect(checked.findExternalId("never", () => true)).toBeUndefined();
      };
      for (let round = 0; round < 3_000; round++) {
        const id = randomId(random, idBound);
        if (random.nextInt(4) > 0) {
          const row = keysOfRow.length;
          const keys = { id, externalId: random.nextInt(3) === 0 ? undefined : `e${random.nextInt(400)}` };
          if (random.nextInt(2) === 0) table.reserve([keys]);
          expect(table.put(row, keys)).toBe(rowById.get(id));
          rowById.set(id, row);
          keysOfRow.push(keys);
        } else {
          expect(table.remove(id)).toBe(rowById.get(id));
          rowById.delete(id);
        }
        if (round % 500 === 0) check(table);
      }
      check(table);

      const image = table.image(table.rowCount).map((part) => part.slice());
      const loaded = await RowTable.load({
        rowCount: table.rowCount,
        fill: async (parts) => {
          for (const [n, part] of parts.entries()) part.set(image[n]!);
          return key;
        },
        isAlive: (row) => rowById.get(keysOfRow[row]!.id) === row,
      });
      check(loaded);

      const copy = new RowTable(key);
      for (const row of rowById.values()) copy.copy(table, row);
      expect(copy.count).toBe(rowById.size);
      for (const [target, [id, row]] of [...rowById].entries()) {
        expect(copy.rowOf(id)).toBe(target);
        expect(copy.holdsIdOf(table, row)).toBe(true);
        const { externalId } = keysOfRow[row]!;
        if (externalId !== undefined)
          expect(copy.findExternalId(externalId, (at) => at === target)).toBe(target);
      }
    },
  );

  it("has an image of the first rows that later changes leave alone", () => {
    const random = new SeededRandom(9);
    const table = new RowTable(key);
    const put = (row: number) => table.put(row, { id: randomId(random, 50), externalId: `e${row}` });
    for (let row = 0; row < 300; row++) put(row);
    const image = table.image(200);
    const before = image.map((part) => part.slice());
    for (let row = 300; row < 1_000; row++) put(row);
    for (let n = 0; n < 50; n++) table.remove(randomId(random, 50));
    expect(image).toEqual(before);
    expect(table.image(200)).toEqual(before);
    expect(before.reduce((sum, part) => sum + part.length, 0)).toBe(200 * 20);
  });

  it("takes a few dozen bytes a document", () => {
    const random = new SeededRandom(10);
    const table = new RowTable(key);
    const bytes = new Uint8Array(16);
    for (let row = 0; row < 50_000; row++) {
      table.put(row, { id: idFromBytes(random.fill(bytes)), externalId: `document-${row}` });
    }
    expect(table.memoryBytes / 50_000).toBeLessThan(45);
  });
});

describe("row hash table", () => {
  it.each([1, 2, 3])("finds every row under colliding hashes (seed %d)", (seed) => {
    const random = new SeededRandom(seed);
    // Few distinct hashes, at both ends of a table, so that clusters grow long and wrap around.
    const hashes = [0, 1, 6, 7, 0xfc000007, 0xfc00000f, 0xfc000000].slice(0, 2 * seed + 1);
    const hashOf = (row: number) => hashes[row % hashes.length]!;
    const table = new RowHashTable(hashOf);
    const rows = new Set<number>();
    for (let round = 0; round < 4_000; round++) {
      const row = random.nextInt(150);
      if (rows.delete(row)) {
        table.remove(row, hashOf(row));
      } else {
        rows.add(row);
        if (random.nextInt(2) === 0) table.reserve(1, () => [hashOf(row)]);
        table.add(row, hashOf(row));
      }
      const wanted = random.nextInt(150);
      const found = table.find(hashOf(wanted), (candidate) => candidate === wanted);
      expect(found).toBe(rows.has(wanted) ? wanted : undefined);
    }
    for (let row = 0; row < 150; row++) {
      expect(table.find(hashOf(row), (candidate) => candidate === row)).toBe(rows.has(row) ? row : undefined);
    }
  });
});

describe("keyed hash", () => {
  it("depends on the key, on every character and on the length", () => {
    const other = makeHashKey(new UuidV7Generator(systemClock, new SeededRandom(1)));
    const texts = [
      "",
      "\u0000",
      "\u0000\u0000",
      "a",
      "b",
      "ab",
      "ba",
      "a\u0000",
      "x".repeat(511),
      "x".repeat(512),
    ];
    expect(new Set(texts.map((text) => hashText(key, text))).size).toBe(texts.length);
    for (const text of texts) expect(hashText(other, text)).not.toBe(hashText(key, text));
  });

  it("fills tables evenly with identifiers that were counted up", () => {
    const buckets = new Uint32Array(64);
    for (let n = 0; n < 64_000; n++) buckets[hashWords(key, Uint32Array.of(7, 7, 7, n), 4, 4) >>> 26]! += 1;
    // The mean is 1,000, the standard deviation 31.
    expect(Math.min(...buckets)).toBeGreaterThan(850);
    expect(Math.max(...buckets)).toBeLessThan(1_150);
  });
});
