import { describe, expect, it } from "vitest";
import { idFromBytes, idToBytes, parseId, UuidV7Generator } from "./ids.ts";
import { SeededRandom } from "./random.ts";

describe("identifiers", () => {
  it("sort in the order of their making, within a millisecond and when the clock goes back", () => {
    const times = [5, 5, 5, 9, 3, 3, 10];
    let call = 0;
    const clock = { nowMs: () => times[call++ % times.length]!, monotonicMs: () => 0 };
    const ids = new UuidV7Generator(clock, new SeededRandom(1));
    const made = Array.from({ length: 10_000 }, () => ids.next());
    expect(made).toEqual([...made].sort());
    expect(new Set(made).size).toBe(made.length);
  });

  it("are UUIDs of version 7 that carry the time", () => {
    const ids = new UuidV7Generator(
      { nowMs: () => 0x0189_0000_0001, monotonicMs: () => 0 },
      new SeededRandom(1),
    );
    expect(ids.next()).toMatch(/^01890000-0001-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it("are parsed in either case, and refused otherwise", () => {
    const id = "01890000-0000-7000-8000-00000000CAFE";
    expect(parseId(id)).toBe(id.toLowerCase());
    expect(parseId("00000000-0000-0000-0000-000000000000")).toBeDefined();
    for (const text of ["", id.slice(1), `${id}0`, id.replaceAll("-", ""), `{${id}}`, `${id}\n`]) {
      expect(parseId(text)).toBeUndefined();
    }
  });

  it("go through bytes and back", () => {
    const id = parseId("01890000-0000-7000-8000-00000000cafe")!;
    expect(idFromBytes(idToBytes(id))).toBe(id);
  });

  it("of any UUID go through bytes and back", () => {
    const nil = parseId("00000000-0000-0000-0000-000000000000")!;
    const odd = parseId("ffffffff-ffff-0fff-0fff-ffffffffffff")!;
    for (const id of [nil, odd]) expect(idFromBytes(idToBytes(id))).toBe(id);
  });
});
