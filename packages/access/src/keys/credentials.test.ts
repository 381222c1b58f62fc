import { createHash } from "node:crypto";
import { SeededRandom, systemRandom } from "@akidb/base";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { makeRefreshToken, parseRefreshToken } from "../tokens/refreshSecret.ts";
import { makeApiKey, parseApiKey } from "./apiKeySecret.ts";
import { parseLegacyApiKey } from "./legacyApiKey.ts";
import { readCredential } from "./presentedCredential.ts";

const { secret } = makeApiKey(new SeededRandom(7));

describe("an API key", () => {
  test("is made of randomness, and known by its hash", () => {
    const key = makeApiKey(systemRandom);
    expect(key.secret).toMatch(/^akidb_[A-Za-z0-9_-]{43}$/);
    expect(key.prefix).toBe(key.secret.slice(0, 12));
    expect(key.keyHash).toHaveLength(32);
    expect(parseApiKey(key.secret)).toEqual(key);
    expect(makeApiKey(systemRandom).secret).not.toBe(key.secret);
  });

  test("is parsed as a whole or not at all", () => {
    for (const text of ["", "akidb_", secret.slice(0, -1), `${secret}a`, `${secret}\n`, ` ${secret}`]) {
      expect(parseApiKey(text), text).toBeUndefined();
    }
    fc.assert(
      fc.property(fc.string(), fc.nat(48), (insert, at) => {
        const changed = secret.slice(0, at) + insert + secret.slice(at + insert.length);
        const parsed = parseApiKey(changed);
        if (parsed !== undefined) expect(parsed.secret).toBe(changed);
        if (changed !== secret) expect(parsed?.keyHash).not.toEqual(parseApiKey(secret)!.keyHash);
      }),
    );
  });

  test("is no refresh token, nor the other way round", () => {
    const refresh = makeRefreshToken(systemRandom);
    expect(parseRefreshToken(refresh.token)).toEqual(refresh);
    expect(parseApiKey(refresh.token)).toBeUndefined();
    expect(parseRefreshToken(secret)).toBeUndefined();
  });
});

describe("a request", () => {
  test("shows a key, a token, or nothing", () => {
    expect(readCredential({})).toEqual({ kind: "none" });
    const key = { kind: "api_key", key: parseApiKey(secret) };
    expect(readCredential({ authorization: `Bearer ${secret}` })).toEqual(key);
    expect(readCredential({ authorization: `bearer   ${secret}` })).toEqual(key);
    expect(readCredential({ xApiKey: secret })).toEqual(key);
    expect(readCredential({ xApiKey: secret, authorization: `Bearer ${secret}` })).toEqual(key);
    const token = "eyJhbGciOiJIUzI1NiJ9.e30.c2ln";
    expect(readCredential({ authorization: `Bearer ${token}` })).toEqual({ kind: "access_token", token });
  });

  test.each(["ak_live_0123", "x", "prod.eu.7", "eyJ-not-a-token", "p=a/b+c~=="])(
    "shows a key of 1.x, of any shape: %s",
    (legacy) => {
      const key = { keyHash: createHash("sha256").update(legacy).digest() };
      expect(readCredential({ xApiKey: legacy })).toEqual({ kind: "legacy_api_key", key });
      expect(readCredential({ authorization: `Bearer ${legacy}` })).toEqual({ kind: "legacy_api_key", key });
    },
  );

  test("shows a secret of this version as what it is, never as a key of 1.x", () => {
    const { token } = makeRefreshToken(systemRandom);
    const secrets = [
      makeApiKey(systemRandom).secret,
      token,
      "akidb_",
      "eyJhbGciOiJIUzI1NiJ9.e30.c2ln",
      "eyJ..",
    ];
    for (const text of secrets) expect(parseLegacyApiKey(text), text).toBeUndefined();
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (rest) => {
        expect(parseLegacyApiKey(`akidb_${rest}`)).toBeUndefined();
      }),
    );
  });

  test.each([
    { authorization: "" },
    { authorization: secret },
    { authorization: "Basic YTpi" },
    { authorization: `Bearer ${secret} x` },
    { authorization: "Bearer " },
    { authorization: "Bearer akidb_short" },
    { authorization: `Bearer ${makeRefreshToken(new SeededRandom(1)).token}` },
    { authorization: `Bearer ${"x".repeat(5_000)}` },
    { xApiKey: "" },
    { xApiKey: "two words" },
    { xApiKey: "schlüssel" },
    { xApiKey: "akidb_legacy" },
    { xApiKey: "one", authorization: "Bearer two" },
    { xApiKey: "eyJhbGciOiJIUzI1NiJ9.e30.c2ln" },
    { xApiKey: secret, authorization: "Bearer eyJ.e30.c2ln" },
  ])("that shows %j is refused", (headers) => {
    expect(() => readCredential(headers)).toThrow(expect.objectContaining({ code: "unauthenticated" }));
  });

  test("of any header is read or refused", () => {
    const header = fc.option(fc.oneof(fc.string({ unit: "binary" }), fc.constant(`Bearer ${secret}`)), {
      nil: undefined,
    });
    fc.assert(
      fc.property(header, header, (authorization, xApiKey) => {
        try {
          expect(readCredential({ authorization, xApiKey })).toHaveProperty("kind");
        } catch (error) {
          expect(error).toMatchObject({ name: "AkiDbError", code: "unauthenticated" });
        }
      }),
      { numRuns: 500 },
    );
  });
});
