import { type DocumentId, parseId } from "@akidb/base";
import { expect, it } from "vitest";
import { DocumentCache } from "./documentCache.ts";

const idOf = (n: number): DocumentId =>
  parseId<"document">(`01890000-0000-7000-8000-${String(n).padStart(12, "0")}`)!;
const documentOf = (n: number, characters = 750) => ({
  id: idOf(n),
  externalId: undefined,
  text: "x".repeat(characters),
  metadata: undefined,
  insertedAtMs: 0,
  updatedAtMs: 0,
  expiresAtMs: undefined,
  version: 1,
});

it("keeps what is asked for, within its bound, and forgets the rest", () => {
  const cache = new DocumentCache<DocumentId>(20_000);
  for (let n = 0; n < 200; n++) {
    cache.set(idOf(n), documentOf(n));
    expect(cache.bytes).toBeLessThanOrEqual(20_000);
    expect(cache.get(idOf(0))).toEqual(documentOf(0));
  }
  expect(cache.get(idOf(199))).toEqual(documentOf(199));
  expect(cache.get(idOf(100))).toBeUndefined();
  cache.delete(idOf(0));
  expect(cache.get(idOf(0))).toBeUndefined();
  cache.bytesMax = 8_000;
  expect(cache.bytes).toBeLessThanOrEqual(8_000);
  cache.set(idOf(300), documentOf(300, 50_000));
  expect(cache.get(idOf(300))).toBeUndefined();
});
