import { expect, it } from "vitest";
import { fileOf } from "./fileOf.ts";

const part = (byte: number) => ({ data: Uint8Array.of(byte) });

it("asks for a part when the one before is read, and lets go of the rest when nobody reads on", async () => {
  let asked = 0;
  let isOver = false;
  async function* parts() {
    try {
      for (; asked < 100; ) yield part(++asked);
    } finally {
      isOver = true;
    }
  }
  const reader = fileOf(part(0), parts()).getReader();
  expect(asked).toBe(0);
  expect((await reader.read()).value).toEqual(Uint8Array.of(0));
  expect((await reader.read()).value).toEqual(Uint8Array.of(1));
  expect(asked).toBe(1);
  await reader.cancel();
  expect([asked, isOver]).toEqual([1, true]);
});

it("ends with its parts, and breaks as they do", async () => {
  async function* none() {}
  expect(await fileOf(undefined, none()).getReader().read()).toMatchObject({ done: true });
  async function* broken() {
    yield part(1);
    throw new Error("gone");
  }
  const reader = fileOf(undefined, broken()).getReader();
  await reader.read();
  await expect(reader.read()).rejects.toThrow("gone");
});
