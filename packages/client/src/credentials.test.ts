import { AkiDbError } from "@akidb/base";
import { expect, test } from "vitest";
import { connect } from "./connect.ts";
import { type Credentials, credentialHeaders } from "./credentials.ts";

const url = "http://127.0.0.1:1";

test.each<[Credentials, Readonly<Record<string, string>>]>([
  [{}, {}],
  [{ apiKey: "akidb_x" }, { authorization: "Bearer akidb_x" }],
  [{ token: "a.b-c_d" }, { authorization: "Bearer a.b-c_d" }],
  [{ token: () => "sync" }, { authorization: "Bearer sync" }],
  [{ token: async () => "later" }, { authorization: "Bearer later" }],
  [{ ownerProof: "0f" }, { "x-akidb-owner": "0f" }],
])("%j becomes %j", async (credentials, headers) => {
  expect(await credentialHeaders(credentials)()).toEqual(headers);
});

test.each<[string, Credentials]>([
  ["apiKey", { apiKey: "" }],
  ["apiKey", { apiKey: "akidb_x\r\nx-other: 1" }],
  ["token", { token: "a b" }],
  ["token", { token: 1 as never }],
  ["ownerProof", { ownerProof: "\u00e9" }],
  ["token", { apiKey: "a", token: "b" }],
  ["ownerProof", { apiKey: "a", ownerProof: "b" }],
])("a bad %s is refused before anything is sent, and not shown: %j", (path, credentials) => {
  let thrown: unknown;
  try {
    connect({ url, ...credentials });
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(AkiDbError);
  expect(thrown).toMatchObject({ code: "invalid_argument", violations: [{ path }] });
  expect((thrown as AkiDbError).message).not.toMatch(/x-other|a b/);
});

test("each request and each download brings them, and follows nobody elsewhere", async () => {
  const sent: RequestInit[] = [];
  let day = 0;
  const db = connect({
    url,
    token: () => `token-${++day}`,
    fetch: async (_url, init = {}) => {
      sent.push(init);
      return new Response("bytes", { status: 403, headers: { "content-length": "5" } });
    },
  });
  await expect(db.getCollection("a")).rejects.toMatchObject({ code: "permission_denied" });
  await expect(db.collection("a").downloadSnapshot("b")).rejects.toMatchObject({ code: "permission_denied" });
  expect(sent.map(({ headers, redirect }) => [new Headers(headers).get("authorization"), redirect])).toEqual([
    ["Bearer token-1", "error"],
    ["Bearer token-2", "error"],
  ]);
});

test("what gives tokens may fail, as the call then does", async () => {
  const db = connect({ url, token: () => "no token", fetch: async () => new Response("{}") });
  await expect(db.getCollection("a")).rejects.toMatchObject({ violations: [{ path: "token" }] });
});
