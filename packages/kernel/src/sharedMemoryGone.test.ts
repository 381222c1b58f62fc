import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { readKernelFiles } from "./adapters/kernelFiles.ts";
import { loadKernel } from "./loadKernel.ts";
import { Segment } from "./segment.ts";
import { segmentDefaults } from "./segmentOptions.ts";
import { uncollectedSharedBytes, urgeCollection } from "./sharedMemoryGone.ts";

const mebibyte = 1024 * 1024;

test("segments that are closed do not fill the machine before V8 collects them", async () => {
  const kernel = loadKernel(readKernelFiles());
  const vector = new Float32Array(4_096).fill(1);
  let [closedBytes, uncollectedBytesMax] = [0, 0];
  for (let closed = 0; closed < 80; closed++) {
    const segment = Segment.create(kernel, {
      ...segmentDefaults,
      dimension: vector.length,
      metric: "cosine",
      quantization: "int8",
      capacity: 512,
    });
    for (let row = 0; row < 256; row++) segment.add(vector);
    segment.publish();
    closedBytes += segment.memoryBytes;
    segment.close();
    uncollectedBytesMax = Math.max(uncollectedBytesMax, uncollectedSharedBytes());
    await sleep(1);
  }
  expect(closedBytes).toBeGreaterThan(400 * mebibyte);
  expect(uncollectedBytesMax).toBeLessThan(150 * mebibyte);
  const collected = () => {
    urgeCollection();
    return uncollectedSharedBytes();
  };
  await expect.poll(collected, { interval: 5 }).toBeLessThan(100 * mebibyte);
});
