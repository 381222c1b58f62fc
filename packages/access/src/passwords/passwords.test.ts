import { SeededRandom } from "@akidb/base";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { argon2Hasher } from "./argon2Hasher.ts";
import { checkPassword } from "./checkPassword.ts";
import { passwordCosts } from "./passwordHasher.ts";
import { unusablePasswordHash } from "./unusablePasswordHash.ts";
import { WaitingLine } from "./waitingLine.ts";

const costs = { memoryKiB: 8, passes: 1, lanes: 1 };
const newHasher = (seed = 1) => argon2Hasher({ random: new SeededRandom(seed), costs });
const email = "ada@example.org";

describe("a password", () => {
  test.each([
    "correct horse battery",
    "aaaaaaaabcde",
    "ááááááááábcdé",
    "密码密码密码一二三四五六",
    `${"x".repeat(1_000)}abcd`,
  ])("may be %j", (password) => {
    expect(checkPassword("password", password, { email })).toBeUndefined();
  });

  test.each([
    ["", "must have at least 12 characters"],
    ["elevenchars", "must have at least 12 characters"],
    ["e\u0301e\u0301e\u0301e\u0301abcdefg", "must have at least 12 characters"],
    ["aaaaaaaaaaaa", "must have at least 5 different characters"],
    ["abababababab", "must have at least 5 different characters"],
    ["my ADA@example.org!", "must not contain the e-mail address"],
    ["abcdefghijkl\ud800", "must be text"],
    ["é".repeat(513), "must have at most 1024 bytes"],
    [17, "must be text"],
    [undefined, "must be text"],
  ])("may not be %j", (password, detail) => {
    expect(checkPassword("password", password, { email })).toEqual({ path: "password", detail });
  });
});

describe("Argon2id", () => {
  test("has hashes of no password, that cost what others do", async () => {
    const hasher = await argon2Hasher({ random: new SeededRandom(3) });
    const hash = unusablePasswordHash(new SeededRandom(4));
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
    expect(hasher.isOutdated(hash)).toBe(false);
    for (const password of ["", "correct horse battery", hash]) {
      expect(await hasher.verify(password, hash), password).toBe(false);
    }
    expect(unusablePasswordHash(new SeededRandom(5))).not.toBe(hash);
  });

  test("verifies the password and no other", async () => {
    const hasher = await newHasher();
    const hash = await hasher.hash("correct horse battery");
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=8,t=1,p=1\$/);
    expect(await hasher.verify("correct horse battery", hash)).toBe(true);
    expect(await hasher.verify("correct horse batterz", hash)).toBe(false);
    expect(await hasher.verify("", hash)).toBe(false);
  });

  test("takes é from any keyboard", async () => {
    const hasher = await newHasher();
    const hash = await hasher.hash("caf\u00e9 caf\u00e9 caf\u00e9");
    expect(await hasher.verify("cafe\u0301 cafe\u0301 cafe\u0301", hash)).toBe(true);
  });

  test("salts each hash with the randomness it is given", async () => {
    const hasher = await newHasher();
    const hashes = [await hasher.hash("correct horse battery"), await hasher.hash("correct horse battery")];
    expect(hashes[0]).not.toBe(hashes[1]);
    expect(await (await newHasher()).hash("correct horse battery")).toBe(hashes[0]);
  });

  test("verifies for nobody, and for what is no hash, and says no", async () => {
    const hasher = await newHasher();
    expect(await hasher.verify("correct horse battery", undefined)).toBe(false);
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary" }), async (text) => {
        expect(await hasher.verify("correct horse battery", text)).toBe(false);
        expect(await hasher.verify("correct horse battery", `$argon2id$${text}`)).toBe(false);
      }),
      { numRuns: 100 },
    );
  });

  test("knows hashes of other costs", async () => {
    const hasher = await newHasher();
    const other = await argon2Hasher({ random: new SeededRandom(1), costs: { ...costs, passes: 2 } });
    expect(hasher.isOutdated(await hasher.hash("x"))).toBe(false);
    expect(hasher.isOutdated(await other.hash("x"))).toBe(true);
    expect(await hasher.verify("x", await other.hash("x"))).toBe(true);
    expect(passwordCosts).toEqual({ memoryKiB: 19_456, passes: 2, lanes: 1 });
  });
});

test("a waiting line lets so many through, in order, and refuses whom it has no place for", async () => {
  const line = new WaitingLine({ runningMax: 2, waitingMax: 2 });
  const gates: (() => void)[] = [];
  const begun: number[] = [];
  const work = (n: number) => () =>
    new Promise<number>((resolve) => {
      begun.push(n);
      gates.push(() => resolve(n));
    });
  const all = [1, 2, 3, 4].map((n) => line.run(work(n)));
  await expect(line.run(work(5))).rejects.toMatchObject({ code: "unavailable", retryAfterMs: 1_000 });
  expect(begun).toEqual([1, 2]);
  gates[1]!();
  expect(await all[1]).toBe(2);
  expect(begun).toEqual([1, 2, 3]);
  const failing = line.run(() => Promise.reject(new Error("boom")));
  gates[0]!();
  gates[2]!();
  await Promise.all([all[0], all[2]]);
  gates[3]!();
  expect(await all[3]).toBe(4);
  await expect(failing).rejects.toThrow("boom");
  expect(await line.run(() => Promise.resolve(6))).toBe(6);
});
