import { type Metric, metrics, noDeadline, SeededRandom } from "@akidb/base";
import { describe, expect, it } from "vitest";
import { FlatIndex } from "./flatIndex.ts";
import type { VectorIndex } from "./vectorIndex.ts";

export interface IndexUnderTest {
  readonly make: (dimension: number, metric: Metric) => VectorIndex;
  /** Mean share of the true ten nearest that a search finds; 1 for an exact index. */
  readonly recallAt10Min: number;
}

/** What every `VectorIndex` does, measured against looking at each vector. */
export function checkVectorIndex(name: string, { make, recallAt10Min }: IndexUnderTest): void {
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
        for (const vector of vectors) {
          const row = index.add(vector);
          expect(oracle.add(vector)).toBe(row);
          alive.push(row);
        }
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
