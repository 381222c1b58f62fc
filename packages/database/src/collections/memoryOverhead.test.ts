import { describe, expect, it } from "vitest";
import { MemoryOverhead } from "./memoryOverhead.ts";

describe("the memory that is not data", () => {
  it("rises at once, and falls slowly", () => {
    const overhead = new MemoryOverhead();
    overhead.observe(300, 100, 0);
    expect(overhead.bytes).toBe(200);
    overhead.observe(220, 100, 0);
    expect(overhead.bytes).toBe(190);
    for (let n = 0; n < 100; n++) overhead.observe(220, 100, 0);
    expect(overhead.bytes).toBeCloseTo(120);
    overhead.observe(500, 100, 0);
    expect(overhead.bytes).toBe(400);
  });

  it("is not what is being opened, however much of it is in memory already", () => {
    const overhead = new MemoryOverhead();
    overhead.observe(300, 100, 0);
    for (const loaded of [0, 25, 50]) {
      overhead.observe(300 + loaded, 100, 50);
      expect(overhead.bytes).toBe(200);
    }
    overhead.observe(390, 100, 50);
    expect(overhead.bytes).toBe(240);
  });
});
