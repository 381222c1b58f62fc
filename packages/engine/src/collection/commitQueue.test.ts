import { limits } from "@akidb/base";
import { describe, expect, it } from "vitest";
import { CommitQueue, type Write } from "./commitQueue.ts";

const write = (bytes: number): Write => ({ bytes, fail: () => {} });

describe("commit queue", () => {
  it("gathers what arrives while a group is committed, in order", async () => {
    const groups: (readonly Write[])[] = [];
    let release = () => {};
    const queue = new CommitQueue<Write>((group) => {
      groups.push(group);
      return new Promise((resolve) => {
        release = resolve;
      });
    });
    const [a, b, c, d] = [write(1), write(1), write(1), write(1)];
    queue.push(a);
    queue.push(b);
    await turn();
    queue.push(c);
    queue.push(d);
    await turn();
    expect(groups).toEqual([[a, b]]);
    release();
    await turn();
    expect(groups).toEqual([
      [a, b],
      [c, d],
    ]);
    release();
    await queue.idle();
  });

  it("bounds a group, and gives a large write a group of its own", async () => {
    const sizes: number[] = [];
    const queue = new CommitQueue<Write>(async (group) => {
      sizes.push(group.length);
    });
    const half = limits.commitGroupBytesMax / 2;
    for (const bytes of [half, half, half, 2 * limits.commitGroupBytesMax, 1]) queue.push(write(bytes));
    await queue.idle();
    expect(sizes).toEqual([2, 1, 1, 1]);
  });

  it("refuses what exceeds its bound, and takes it later", async () => {
    const queue = new CommitQueue<Write>(async () => {});
    queue.push(write(limits.writeQueueBytesMax));
    expect(() => queue.push(write(1))).toThrow(
      expect.objectContaining({ code: "unavailable", retryAfterMs: 1_000 }),
    );
    await queue.idle();
    queue.push(write(1));
    await queue.idle();
  });
});

const turn = () => new Promise((resolve) => setTimeout(resolve, 5));
