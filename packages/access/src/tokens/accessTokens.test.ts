import { type Clock, SeededRandom, UuidV7Generator } from "@akidb/base";
import fc from "fast-check";
import { decodeJwt, SignJWT } from "jose";
import { beforeEach, expect, test } from "vitest";
import { accessTokens } from "./accessTokens.ts";

let nowMs: number;
const clock: Clock = { nowMs: () => nowMs, monotonicMs: () => nowMs };
const signingKey = new SeededRandom(1).fill(new Uint8Array(32));
const tokens = accessTokens({ clock, signingKey });
const ids = new UuidV7Generator(clock, new SeededRandom(2));

beforeEach(() => {
  nowMs = Date.UTC(2026, 0, 31);
});

const claims = () => ({
  userId: ids.next<"user">(),
  tenantId: ids.next<"tenant">(),
  sessionId: ids.next<"session">(),
});

test("an access token gives its claims back until it expires", async () => {
  const given = claims();
  const { token, expiresInSeconds } = await tokens.issue(given);
  expect(expiresInSeconds).toBe(900);
  const verified = { ...given, expiresAtMs: nowMs + 900_000 };
  expect(await tokens.verify(token)).toEqual(verified);
  nowMs += 899_000;
  expect(await tokens.verify(token)).toEqual(verified);
  nowMs += 1_000;
  expect(await tokens.verify(token)).toBeUndefined();
});

test("nothing of an access token can be changed", async () => {
  const { token } = await tokens.issue(claims());
  await fc.assert(
    fc.asyncProperty(fc.nat(token.length - 1), fc.constantFrom(..."AZaz09-_."), async (at, character) => {
      const changed = token.slice(0, at) + character + token.slice(at + 1);
      // The last character of base64url has bits that mean nothing.
      fc.pre(changed !== token && at < token.length - 1);
      expect(await tokens.verify(changed)).toBeUndefined();
    }),
    { numRuns: 200 },
  );
});

test("what others have signed, or nobody, is none", async () => {
  const given = claims();
  const { token } = await tokens.issue(given);
  const other = accessTokens({ clock, signingKey: new SeededRandom(9).fill(new Uint8Array(32)) });
  expect(await other.verify(token)).toBeUndefined();
  const body = Buffer.from(JSON.stringify(decodeJwt(token))).toString("base64url");
  for (const alg of ["none", "HS256", "HS512", "RS256"]) {
    const header = Buffer.from(JSON.stringify({ alg, typ: "at+jwt" })).toString("base64url");
    expect(await tokens.verify(`${header}.${body}.`)).toBeUndefined();
  }
  for (const text of ["", ".", "..", "a.b.c", "x".repeat(5_000)]) {
    expect(await tokens.verify(text)).toBeUndefined();
  }
});

test("what we signed for something else is none", async () => {
  const { userId, tenantId, sessionId } = claims();
  const sign = (payload: object, typ: string) =>
    new SignJWT({
      iss: "akidb",
      sub: userId,
      tid: tenantId,
      sid: sessionId,
      exp: nowMs / 1_000 + 60,
      ...payload,
    })
      .setProtectedHeader({ alg: "HS256", typ })
      .sign(signingKey);
  expect(await tokens.verify(await sign({}, "at+jwt"))).toMatchObject({ userId, tenantId, sessionId });
  expect(await tokens.verify(await sign({}, "JWT"))).toBeUndefined();
  for (const payload of [
    { iss: "other" },
    { sub: "ada" },
    { tid: undefined },
    { sid: 17 },
    { exp: undefined },
    { nbf: nowMs / 1_000 + 10 },
  ]) {
    expect(await tokens.verify(await sign(payload, "at+jwt")), JSON.stringify(payload)).toBeUndefined();
  }
});
