import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { CollectionManagementServiceDefinition as Management } from "@akidb/protocol/grpc";
import { Client, credentials } from "@grpc/grpc-js";
import { service as healthService } from "grpc-health-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestServer, type TestServer } from "../adapters/testServer.test.support.ts";
import { call, send } from "./grpcClient.test.support.ts";

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../fixtures/tls/${name}`, import.meta.url));
const { listCollections } = Management.methods;
const flags = {
  "--auth-mode": "required",
  "--server-tls-cert": fixture("localhost.crt"),
  "--server-tls-key": fixture("localhost.key"),
};

let server: TestServer;
let client: Client;
beforeAll(async () => {
  // Its library takes connections there from sockets that are not its own; elsewhere tests have it without TLS.
  server = await startTestServer({ flags: { ...flags, "--server-threads": "1" } });
  const tls = credentials.createSsl(readFileSync(fixture("localhost.crt")));
  client = new Client(server.grpcAddress.replace("127.0.0.1", "localhost"), tls);
});
afterAll(() => client.close());

test("credentials are asked for, in either of two places", async () => {
  const list = async (headers = {}) => (await call(client, Management, listCollections, {}, headers)).status;
  const key = server.madeKey!;
  expect(await list()).toBe("UNAUTHENTICATED");
  expect(await list({ authorization: `Bearer ${key}` })).toBe("OK");
  expect(await list({ "x-api-key": key })).toBe("OK");
  expect(await list({ "x-api-key": key.replace(/.$/, "_") })).toBe("UNAUTHENTICATED");
  const refused = await call(client, Management, listCollections, {});
  expect(refused.details).toEqual(["ErrorInfo", "RequestInfo"]);
});

test("a call in plain text is not answered", async () => {
  const plain = new Client(server.grpcAddress, credentials.createInsecure());
  expect((await send(plain, "/grpc.health.v1.Health/Check", new Uint8Array())).status).toBe("UNAVAILABLE");
  plain.close();
});

test("health serves everybody, and its watchers see the end, which they do not hold up", async () => {
  const { Check, Watch } = healthService as Record<string, (typeof healthService)[string]>;
  const check = (name: string) => send(client, Check!.path, Check!.requestSerialize({ service: name }));
  const known = await check("akidb.collection.v1.CollectionService");
  expect(Check!.responseDeserialize(known.body)).toMatchObject({ status: "SERVING" });
  expect((await check("none")).status).toBe("NOT_FOUND");

  const watch = client.makeServerStreamRequest(
    Watch!.path,
    Watch!.requestSerialize,
    Watch!.responseDeserialize,
    { service: "" },
  );
  const seen: unknown[] = [];
  watch.on("data", ({ status }: { readonly status: unknown }) => seen.push(status));
  await once(watch, "data");
  const ended = once(watch, "error");
  await server.close();
  expect((await ended)[0]).toMatchObject({ details: "the server is closing" });
  expect(seen).toEqual(["SERVING", "NOT_SERVING"]);
});
