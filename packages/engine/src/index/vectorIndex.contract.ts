import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { AssertionError, type Metric, metrics, noDeadline, SeededRandom } from "@akidb/base";
import type { RowFilter } from "@akidb/kernel";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nodeDisk } from "../adapters/nodeDisk.ts";
import { faultyDisk } from "../wal/faultyDisk.test.disk.ts";
import { FlatIndex } from "./flatIndex.ts";
import type { StoredImage } from "./indexImage.ts";
import type { VectorIndex } from "./vectorIndex.ts";

export interface IndexUnderTest {
  readonly make: (dimension: number, metric: Metric) => VectorIndex;
  readonly load: (dimension: number, metric: Metric, image: StoredImage) => Promise<VectorIndex>;
  /** Mean share of the true ten nearest that a search finds; 1 for an exact index. */
  readonly recallAt10Min: number;
}

/** What every `VectorIndex` does, measured against looking at each vector. */
export function checkVectorIndex(name: string, { make, load, recallAt10Min }: IndexUnderTest): void {
  const dimension = 32;

  /** Vectors near a plane of few dimensions, as embeddings are. */
  function vectorsLike(random: SeededRandom, count: number): readonly Float32Array[] {
    const base = Array.from({ length: 8 }, () => gaussian(random));
    return Array.from({ length: count }, () => {
      const vector = gaussian(random).map((component) => 0.05 * component);
      for (const direction of base) {
        const weight = random.nextGaussian();
        for (let i = 0; i < dimension; i++) vector[i]! += weight * direction[i]!;
      }
      return vector;
    });
  }
  const gaussian = (random: SeededRandom) =>
    Float32Array.from({ length: dimension }, () => random.nextGaussian());

  /** Adds the vectors and removes some of the rows, of all indexes alike. */
  function change(
    indexes: readonly VectorIndex[],
    vectors: readonly Float32Array[],
    dead: readonly number[],
  ): void {
    for (const index of indexes) {
      index.reserve(vectors.length);
      for (const vector of vectors) index.add(vector);
      for (const row of dead) index.remove(row);
      index.publish();
    }
  }

  /** What exact searches find must be the same to the last row. */
  async function expectSame(
    index: VectorIndex,
    oracle: VectorIndex,
    queries: readonly Float32Array[],
  ): Promise<void> {
    for (const query of queries) {
      const expected = await oracle.search(query, { k: 20 }, noDeadline());
      const found = await index.search(query, { k: 20, exact: true }, noDeadline());
      expect([...found.rows]).toEqual([...expected.rows]);
      for (const [rank, score] of found.scores.entries())
        expect(score).toBeCloseTo(expected.scores[rank]!, 5);
    }
  }

  describe.each(metrics)(`${name} under %s`, (metric) => {
    it("finds what is published, at once, and nothing that is not", async () => {
      const index = make(dimension, metric);
      const [a, b] = vectorsLike(new SeededRandom(1), 2);
      expect((await index.search(a!, { k: 5 }, noDeadline())).rows).toHaveLength(0);
      index.reserve(2);
      index.add(a!);
      expect((await index.search(a!, { k: 5 }, noDeadline())).rows).toHaveLength(0);
      index.add(b!);
      index.publish();
      const { rows } = await index.search(a!, { k: 5 }, noDeadline());
      expect([...rows].sort()).toEqual([0, 1]);
      expect(index.vectorOf(1)).toEqual(b);
      index.remove(0);
      expect((await index.search(a!, { k: 5 }, noDeadline())).rows).toHaveLength(2);
      index.publish();
      expect([...(await index.search(a!, { k: 5 }, noDeadline())).rows]).toEqual([1]);
      expect(index.deadShare).toBe(0.5);
      expect([...index.aliveRows()]).toEqual([0b10]);
      await index.close();
    });

    it("keeps its recall while rows come and go, and is exact when asked", async () => {
      const random = new SeededRandom(7);
      const index = make(dimension, metric);
      const oracle = new FlatIndex(dimension, metric);
      const alive: number[] = [];
      let found = 0;
      let asked = 0;
      for (const [round, vectors] of Array.from({ length: 12 }, () => vectorsLike(random, 250)).entries()) {
        for (const each of [index, oracle]) each.reserve(vectors.length);
        const added = vectors.map((vector) => index.add(vector));
        expect(vectors.map((vector) => oracle.add(vector))).toEqual(added);
        alive.push(...added);
        for (let n = 0; n < 20 * round; n++) {
          const [row] = alive.splice(random.nextInt(alive.length), 1);
          index.remove(row!);
          oracle.remove(row!);
        }
        index.publish();
        oracle.publish();
        for (let n = 0; n < 5; n++) {
          const query = vectors[random.nextInt(vectors.length)]!;
          const expected = await oracle.search(query, { k: 10 }, noDeadline());
          const exact = await index.search(query, { k: 10, exact: true }, noDeadline());
          expect([...exact.rows]).toEqual([...expected.rows]);
          for (const [rank, score] of exact.scores.entries()) {
            expect(score).toBeCloseTo(expected.scores[rank]!, 5);
          }
          const { rows } = await index.search(query, { k: 10, ef: 100 }, noDeadline());
          expect(rows).toHaveLength(10);
          expect(new Set(rows).size).toBe(10);
          found += rows.filter((row) => expected.rows.includes(row)).length;
          asked += 10;
          const dead = [...rows].filter((row) => !alive.includes(row));
          expect(dead).toEqual([]);
        }
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      expect(found / asked).toBeGreaterThanOrEqual(recallAt10Min);
      await index.close();
    }, 60_000);

    it.each([0, 1, 64, 1_400])(
      "is loaded from an image of %i rows as it was then, and goes on",
      async (count) => {
        const random = new SeededRandom(count);
        const [index, oracle] = [make(dimension, metric), new FlatIndex(dimension, metric)];
        const queries = vectorsLike(random, 8);
        const alive = Array.from({ length: count }, (_, row) => row);
        const somebody = () => alive.splice(random.nextInt(alive.length), 1);
        change([index, oracle], vectorsLike(random, count), []);
        await new Promise((resolve) => setTimeout(resolve, 5));
        change([index, oracle], [], Array.from({ length: Math.floor(count / 10) }, somebody).flat());
        const directory = mkdtempSync(join(tmpdir(), "akidb-image-"));
        try {
          await index.pauseLinking();
          const image = index.image();
          expect(image).toMatchObject({ rowCount: count, deadCount: Math.floor(count / 10) });
          const dying = alive.slice();
          // As a writer does between two writes of the disk.
          const disk = faultyDisk(nodeDisk, (operation) => {
            if (operation === "write") change([index], vectorsLike(random, 5), dying.splice(0, 2));
          });
          const { signal } = new AbortController();
          const files = await image.write({ disk, directory, sealedFiles: new WeakMap(), signal });
          index.resumeLinking();
          await index.close();

          const loaded = await load(dimension, metric, {
            kind: image.kind,
            disk: nodeDisk,
            directory,
            name: "image",
            files: new Map(files.map((file) => [file.name, file])),
            sealedFiles: new WeakMap(),
          });
          expect(loaded.deadShare).toBe(oracle.deadShare);
          const strange = Array.from({ length: count }, (_, row) => row).filter(
            (row) =>
              loaded.isDead(row) !== oracle.isDead(row) ||
              !isDeepStrictEqual(loaded.vectorOf(row), oracle.vectorOf(row)),
          );
          expect(strange).toEqual([]);
          expect(loaded.aliveRows()).toEqual(oracle.aliveRows());
          await expectSame(loaded, oracle, queries);
          change(
            [loaded, oracle],
            vectorsLike(random, 300),
            Array.from({ length: count / 10 }, somebody).flat(),
          );
          await expectSame(loaded, oracle, queries);
          while (loaded.tailCount > 0) await new Promise((resolve) => setTimeout(resolve, 1));
          let found = 0;
          for (const query of queries) {
            const { rows } = await loaded.search(query, { k: 10, ef: 100 }, noDeadline());
            const expected = await oracle.search(query, { k: 10 }, noDeadline());
            found += rows.filter((row) => expected.rows.includes(row)).length;
          }
          expect(found / (10 * queries.length)).toBeGreaterThanOrEqual(recallAt10Min - 0.1);
          await loaded.close();
        } finally {
          rmSync(directory, { recursive: true });
        }
      },
    );
  });

  describe(`${name} with a filter`, () => {
    const shares = [0, 0.001, 0.01, 0.1, 0.5, 0.99, 1];
    const wheres = ["at random", "nearest to the query", "furthest from it"] as const;
    const random = new SeededRandom(53);
    const queries = 4;
    const vectors = vectorsLike(random, 4_200 + queries);
    const probes = vectors.slice(4_200);
    let index: VectorIndex;
    /** The rows alive, best first, for each query. */
    let orders: readonly Uint32Array[];

    /** A graph of 4,000 rows, one in ten of them removed after they were linked, and a tail. */
    beforeAll(async () => {
      index = make(dimension, "l2");
      const oracle = new FlatIndex(dimension, "l2");
      const both = [index, oracle];
      for (const each of both) each.reserve(4_000);
      for (const vector of vectors.slice(0, 4_000)) for (const each of both) each.add(vector);
      for (const each of both) each.publish();
      while (index.tailCount > 0) await new Promise((resolve) => setTimeout(resolve, 5));
      for (const each of both) each.reserve(200);
      for (const vector of vectors.slice(4_000, 4_200)) for (const each of both) each.add(vector);
      for (let row = 0; row < 4_200; row += 10) for (const each of both) each.remove(row);
      for (const each of both) each.publish();
      orders = await Promise.all(
        probes.map(async (probe) => (await oracle.search(probe, { k: 4_200 }, noDeadline())).rows),
      );
    });
    afterAll(() => index.close());

    const filterOf = (rows: Iterable<number>): RowFilter => {
      // Longer than it must be, and with bits behind its end that count for nothing.
      const words = new Uint32Array(Math.ceil(4_200 / 32) + 1);
      words.fill(0xffff_ffff, -1);
      for (const row of rows) words[row >>> 5]! |= 1 << (row & 31);
      return { words, rowCount: 4_200 };
    };

    it.each(wheres.flatMap((where) => shares.map((share) => [where, share] as const)))(
      "keeps its recall where those %s match, %d of all",
      async (where, share) => {
        let found = 0;
        let wanted = 0;
        for (const [query, order] of orders.entries()) {
          const count = Math.ceil(order.length * share);
          const matches = order.filter((_, rank) => {
            if (where === "at random") return random.nextFloat() < share;
            return where === "nearest to the query" ? rank < count : rank >= order.length - count;
          });
          const dead = Array.from({ length: 420 }, (_, n) => 10 * n);
          const filter = filterOf(share === 0 ? [] : [...matches, ...dead]);
          const expected = [...matches.subarray(0, 10)];
          const probe = probes[query]!;
          const exact = await index.search(probe, { k: 10, filter, exact: true }, noDeadline());
          expect([...exact.rows]).toEqual(expected);
          const { rows } = await index.search(probe, { k: 10, ef: 64, filter }, noDeadline());
          expect(rows).toHaveLength(expected.length);
          expect(new Set(rows).size).toBe(rows.length);
          const allowed = new Set(matches);
          expect(rows.every((row) => allowed.has(row))).toBe(true);
          found += expected.filter((row) => rows.includes(row)).length;
          wanted += expected.length;
        }
        expect(found).toBeGreaterThanOrEqual(recallAt10Min * wanted);
      },
    );

    it("returns no row that the filter does not speak of", async () => {
      for (const rowCount of [0, 31, 33, 3_999]) {
        const words = new Uint32Array(Math.ceil(4_200 / 32)).fill(0xffff_ffff);
        for (const exact of [true, false]) {
          const query = { k: 10, filter: { words, rowCount }, exact };
          const { rows } = await index.search(probes[0]!, query, noDeadline());
          expect(rows.every((row) => row < rowCount)).toBe(true);
          expect(rows).toHaveLength(Math.min(10, rowCount));
        }
      }
    });

    it("refuses one that lacks bits, or speaks of rows that are not published", async () => {
      for (const [length, rowCount] of [
        [131, 4_200],
        [132, 4_201],
        [0, -1],
      ] as const) {
        for (const exact of [true, false]) {
          const query = { k: 1, filter: { words: new Uint32Array(length), rowCount }, exact };
          await expect(index.search(probes[0]!, query, noDeadline())).rejects.toThrow(AssertionError);
        }
      }
    });

    it("counts what it holds", () => {
      const { bytes, nodesByLevel, links, ...counts } = index.stats();
      expect(counts).toMatchObject({ rows: 4_200, tombstones: 420, tail: index.tailCount });
      const nodes = nodesByLevel.reduce((sum, count) => sum + count, 0);
      expect(nodes).toBeLessThanOrEqual(index.linkedCount);
      expect(nodes).toBeGreaterThanOrEqual(index.linkedCount && 4_000);
      expect(links).toBeGreaterThanOrEqual(2 * nodes);
      expect(bytes.codes + bytes.links + bytes.vectors + bytes.bookkeeping).toBe(index.memoryBytes);
      expect(bytes.vectors).toBeGreaterThanOrEqual(4_200 * 4 * dimension);
    });
  });

  it(`${name} tells before what more rows will take`, async () => {
    const index = make(dimension, "l2");
    for (const count of [700, 1_300]) {
      const rowsBefore = count === 700 ? 0 : 700;
      const promised = index.growthBytes(count);
      index.reserve(count);
      for (let row = 0; row < count; row++) index.add(new Float32Array(dimension).fill(row));
      index.publish();
      // A flat index that becomes a graph promises the whole of it.
      const share = promised / index.memoryBytes;
      expect(share).toBeGreaterThan((0.97 * count) / (rowsBefore + count));
      expect(share).toBeLessThan(1.03);
    }
    await index.close();
  });

  it(`${name} returns equally good rows in the order of their addition`, async () => {
    const index = make(dimension, "dot");
    const vector = new Float32Array(dimension).fill(1);
    index.reserve(50);
    for (let row = 0; row < 50; row++) index.add(vector);
    index.publish();
    const { rows } = await index.search(vector, { k: 50, exact: true }, noDeadline());
    expect([...rows]).toEqual(Array.from({ length: 50 }, (_, row) => row));
    await index.close();
  });

  it(`${name} shows an exact search the moment of its start`, async () => {
    const wide = 4_096;
    const index = make(wide, "l2");
    const vector = new Float32Array(wide).fill(1);
    const count = 1_200;
    index.reserve(2 * count);
    for (let row = 0; row < count; row++) index.add(vector);
    index.publish();
    const searching = index.search(vector, { k: count, exact: true }, noDeadline());
    await new Promise((resolve) => setImmediate(resolve));
    for (let row = 0; row < count; row++) {
      index.add(vector);
      index.remove(row);
    }
    index.publish();
    const { rows } = await searching;
    expect(new Set(rows).size).toBe(count);
    expect(Math.max(...rows)).toBeLessThan(count);
    await index.close();
  });
}
