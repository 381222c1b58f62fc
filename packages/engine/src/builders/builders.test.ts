import { noDeadline, SeededRandom } from "@akidb/base";
import { Segment } from "@akidb/kernel";
import { describe, expect, it } from "vitest";
import { FlatIndex } from "../index/flatIndex.ts";
import { GraphIndex } from "../index/graphIndex.ts";
import { Builders } from "./builders.ts";
import { watchedBuilders } from "./watchedBuilders.test.pool.ts";

const dimension = 64;
const options = {
  dimension,
  metric: "l2",
  quantization: "int8",
  linksMax: 16,
  efConstruction: 200,
  efSearch: 100,
} as const;

const untilLinked = async (index: GraphIndex, count: number): Promise<void> => {
  while (index.linkedCount < count) await new Promise((resolve) => setTimeout(resolve, 5));
};

describe("builders", () => {
  it("link everything that was added, in every segment, and then sleep", async () => {
    const builders = new Builders({ threadCount: 2 });
    const random = new SeededRandom(1);
    const index = new GraphIndex({ ...options, builders, segmentRowsMax: 900 });
    for (let batch = 0; batch < 5; batch++) {
      index.reserve(500);
      for (let n = 0; n < 500; n++) index.add(gaussian(random));
      index.publish();
    }
    await untilLinked(index, 2_500);
    await index.close();
    await builders.close();
  });

  it("leave a paused segment alone, work on others, and go on when it is resumed", async () => {
    const builders = new Builders({ threadCount: 2 });
    const random = new SeededRandom(3);
    const [paused, other] = [1, 2].map(() => new GraphIndex({ ...options, builders }));
    const add = (index: GraphIndex, count: number) => {
      index.reserve(count);
      for (let n = 0; n < count; n++) index.add(gaussian(random));
      index.publish();
    };
    add(paused!, 3_000);
    await untilLinked(paused!, 1);
    await paused!.pauseLinking();
    const { linkedCount } = paused!.image();
    expect(linkedCount).toBeLessThan(3_000);
    add(paused!, 100);
    add(other!, 3_000);
    await untilLinked(other!, 3_000);
    expect(paused!.image().linkedCount).toBe(linkedCount);
    paused!.resumeLinking();
    await untilLinked(paused!, 3_100);
    for (const index of [paused!, other!]) await index.close();
    await builders.close();
  });

  it("that die while a segment is being paused leave it to be built anew after the pause", async () => {
    const { builders, workers } = watchedBuilders(1);
    const random = new SeededRandom(4);
    const index = new GraphIndex({ ...options, builders });
    index.reserve(4_000);
    for (let n = 0; n < 4_000; n++) index.add(gaussian(random));
    index.publish();
    await untilLinked(index, 500);
    const pausing = index.pauseLinking();
    await workers[0]!.terminate();
    await pausing;
    expect(index.linkedCount).toBeLessThan(4_000);
    index.resumeLinking();
    await untilLinked(index, 4_000);
    await index.close();
    await builders.close();
  });

  it("that die are replaced, and what they had in hand is built anew", async () => {
    const { builders, workers } = watchedBuilders(2);
    const random = new SeededRandom(2);
    const index = new GraphIndex({ ...options, builders });
    const oracle = new FlatIndex(dimension, "l2");
    const vectors = Array.from({ length: 6_000 }, () => gaussian(random));
    for (const each of [index, oracle]) {
      each.reserve(vectors.length);
      for (const vector of vectors) each.add(vector);
      for (let row = 0; row < 100; row++) each.remove(row);
      each.publish();
    }
    const started = () => workers.length;
    for (let death = 0; death < 3; death++) {
      const before = started();
      await untilLinked(index, 500);
      await workers.at(-1)!.terminate();
      while (started() === before) await new Promise((resolve) => setTimeout(resolve, 5));
      // Found at every moment, whatever state the graph is in; as wide as that, a walk does not miss what is there.
      const { rows } = await index.search(vectors[5_999]!, { k: 1, ef: 3_000 }, noDeadline());
      expect([...rows]).toEqual([5_999]);
    }
    await untilLinked(index, vectors.length);
    let found = 0;
    for (let n = 0; n < 50; n++) {
      const query = gaussian(random);
      const { rows } = await index.search(query, { k: 10, ef: 400 }, noDeadline());
      const expected = await oracle.search(query, { k: 10 }, noDeadline());
      found += rows.filter((row) => expected.rows.includes(row)).length;
    }
    expect(found / 500).toBeGreaterThan(0.9);
    await index.close();
    await builders.close();
  }, 120_000);

  it("scan before they link, and link even so", async () => {
    const { builders, kinds } = watchedBuilders(1);
    const random = new SeededRandom(6);
    const index = new GraphIndex({ ...options, builders, ownComponentsMax: 0 });
    index.reserve(2_000);
    for (let n = 0; n < 2_000; n++) index.add(gaussian(random));
    index.publish();
    const search = () => index.search(gaussian(random), { k: 10, exact: true }, noDeadline());
    await untilLinked(index, 1);
    const asked = kinds.length;
    await search();
    // At most the turn that was to begin anyway, where the last one ended in between.
    expect(kinds.slice(asked, asked + 2)).toContain("scan");
    let isLinked = false;
    const searching = Promise.all(
      Array.from({ length: 8 }, async () => {
        while (!isLinked) await search();
      }),
    );
    await untilLinked(index, 2_000);
    isLinked = true;
    await searching;
    await index.close();
    await builders.close();
  }, 60_000);

  it("finish what they scan of a segment before they forget it", async () => {
    const { builders, kinds } = watchedBuilders(2);
    const random = new SeededRandom(7);
    const { capacity, ...shape } = { ...options, capacity: 20_000, seed: 1 };
    const segment = Segment.create(builders.kernel, { ...shape, capacity });
    for (let n = 0; n < capacity; n++) segment.add(gaussian(random));
    segment.publish();
    const parts = [{ segment, candidates: segment.candidates() }];
    const vector = gaussian(random);
    const { signal } = new AbortController();
    const expected = segment.search(vector, { k: 5, exact: true });
    const done: string[] = [];
    const scans = Array.from({ length: 40 }, async () => {
      const found = await builders.scan({ vector, k: 5, parts, signal });
      done.push(found === undefined ? "refused" : "scanned");
      return found;
    });
    await builders.forget(segment);
    expect(done.filter((outcome) => outcome === "scanned")).toHaveLength(32);
    expect(kinds.slice(-2)).toEqual(["forget", "forget"]);
    for (const found of await Promise.all(scans)) if (found !== undefined) expect(found).toEqual([expected]);
    segment.close();
    await builders.close();
  });
});

const gaussian = (random: SeededRandom): Float32Array =>
  Float32Array.from({ length: dimension }, () => random.nextGaussian());
