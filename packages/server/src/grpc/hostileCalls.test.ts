import { type ClientHttp2Session, type ClientHttp2Stream, connect } from "node:http2";
import { gzipSync } from "node:zlib";
import * as messages from "@akidb/protocol/grpc";
import {
  AuthServiceDefinition,
  CollectionManagementServiceDefinition,
  CollectionServiceDefinition,
} from "@akidb/protocol/grpc";
import type { Client } from "@grpc/grpc-js";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestServer, type TestServer } from "../adapters/testServer.test.support.ts";
import { call, clientOf, messageOf, pathOf, receive, send, servicesIn } from "./grpcClient.test.support.ts";

const { login } = AuthServiceDefinition.methods;
const { createCollection } = CollectionManagementServiceDefinition.methods;
const { get, query, insert, upsert, ingestBatch, queryBatch } = CollectionServiceDefinition.methods;

let server: TestServer;
let client: Client;
let http: ClientHttp2Session;

beforeAll(async () => {
  server = await startTestServer({
    flags: { "--limits-max-body-bytes": "1048576", "--server-timeout-seconds": "3" },
  });
  client = clientOf(server.grpcAddress);
  http = connect(`http://${server.grpcAddress}`);
  await call(client, CollectionManagementServiceDefinition, createCollection, { name: "c", dimension: 16 });
});
afterAll(async () => {
  http.close();
  client.close();
  await server.close();
});

const vector = Array.from({ length: 16 }, (_, index) => index + 1);
const works = async (): Promise<void> =>
  expect(
    (await call(client, CollectionServiceDefinition, query, { collectionId: "c", queryVector: vector }))
      .status,
  ).toBe("OK");

interface Frames {
  readonly path: string;
  readonly bytes: Uint8Array;
  /** Whether the stream ends behind them. */
  readonly ends: boolean;
  /** Of messages that are compressed. */
  readonly encoding?: "gzip";
}

/** Sends these very bytes of HTTP/2 data; resolves with `grpc-status`. */
const sendFrames = ({ path, bytes, ends, encoding }: Frames): Promise<string> =>
  new Promise((resolve, reject) => {
    const stream = http.request({
      ":method": "POST",
      ":path": path,
      "content-type": "application/grpc",
      te: "trailers",
      ...(encoding !== undefined && { "grpc-encoding": encoding }),
    });
    let status: string | undefined;
    const take = (headers: object) => {
      status = (headers as Record<string, string | undefined>)["grpc-status"] ?? status;
    };
    stream.on("response", take).on("trailers", take).on("error", reject);
    // The server has said all then; a stream that its caller leaves open stays half open.
    stream.on("end", () => stream.close());
    stream.on("close", () => resolve(status ?? "none")).resume();
    stream.write(bytes);
    if (ends) stream.end();
  });

/** Sends messages and reads nothing. */
function ignoreAnswers(
  session: ClientHttp2Session,
  path: string,
  messages: readonly Uint8Array[],
): ClientHttp2Stream {
  const headers = { ":method": "POST", ":path": path, "content-type": "application/grpc", te: "trailers" };
  const stream = session.request(headers);
  stream.on("error", () => {});
  for (const message of messages) stream.write(frame(message.length, message));
  stream.end();
  return stream;
}

const frame = (length: number, bytes: Uint8Array, flag = 0): Uint8Array => {
  const header = Buffer.alloc(5);
  header[0] = flag;
  header.writeUInt32BE(length, 1);
  return Buffer.concat([header, bytes]);
};

describe("bytes that are no message", () => {
  const methods = servicesIn(messages).flatMap((service) =>
    Object.values(service.methods)
      .filter(({ requestStream, name }) => !requestStream && name !== "DeleteCollection")
      .map((method) => ({ ...method, path: pathOf(service, method) })),
  );
  const unaryPaths = methods.filter(({ responseStream }) => !responseStream).map(({ path }) => path);
  const streamPaths = methods.filter(({ responseStream }) => responseStream).map(({ path }) => path);
  const expected = ["OK", "INVALID_ARGUMENT", "NOT_FOUND"];
  /** Of whoever has no session, and of a server that has nowhere to back up to. */
  const others = ["UNAUTHENTICATED", "PERMISSION_DENIED", "FAILED_PRECONDITION", "RESOURCE_EXHAUSTED"];

  test("are refused by every method, whatever they are", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...unaryPaths),
        fc.uint8Array({ maxLength: 64 }),
        async (path, bytes) => {
          expect([...expected, ...others]).toContain((await send(client, path, bytes)).status);
        },
      ),
      { numRuns: 200 },
    );
    await works();
  });

  test("are refused by every method that answers with a stream", async () => {
    expect(streamPaths).toHaveLength(2);
    for (const path of streamPaths) {
      const { status, details } = await receive(client, path, Buffer.from([0xff]));
      expect({ status, details }).toEqual({
        status: "INVALID_ARGUMENT",
        details: ["ErrorInfo", "RequestInfo", "BadRequest"],
      });
    }
  });

  test("are refused where a message was cut or changed", async () => {
    const whole = messageOf(insert, {
      collectionId: "c",
      vector,
      metadata: { a: [1, { b: "x" }], c: null, d: true },
    });
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length), fc.nat(whole.length - 1), fc.nat(255), async (end, at, byte) => {
        const bytes = Uint8Array.from(whole)
          .fill(byte, at, at + 1)
          .subarray(0, end);
        const { status } = await send(client, pathOf(CollectionServiceDefinition, insert), bytes);
        expect(expected).toContain(status);
      }),
      { numRuns: 100 },
    );
    await works();
  });

  test("are refused where values are nested without end", async () => {
    // Each byte pair opens a list in a list: tag 6 of Value, tag 1 of ListValue.
    let value: Uint8Array = Buffer.from([0x08, 0x00]);
    const within = (tag: number, bytes: Uint8Array): Uint8Array => {
      const length: number[] = [];
      for (let rest = bytes.length; ; rest >>>= 7) {
        length.push(rest > 0x7f ? (rest & 0x7f) | 0x80 : rest);
        if (rest <= 0x7f) break;
      }
      return Buffer.concat([Buffer.from([tag, ...length]), bytes]);
    };
    for (let depth = 0; depth < 5_000; depth++) value = within(0x32, within(0x0a, value));
    const entry = Buffer.concat([Buffer.from([0x0a, 1, 0x61]), within(0x12, value)]);
    const request = Buffer.concat([
      messageOf(insert, { collectionId: "c", vector }),
      within(0x32, within(0x0a, entry)),
    ]);
    expect((await send(client, pathOf(CollectionServiceDefinition, insert), request)).status).toBe(
      "INVALID_ARGUMENT",
    );
    await works();
  });
});

describe("a stream that", () => {
  const path = pathOf(CollectionServiceDefinition, query);

  test("ends within a message is refused", async () => {
    expect(await sendFrames({ path, bytes: frame(100, Buffer.alloc(10)), ends: true })).not.toBe("0");
    expect(await sendFrames({ path, bytes: Buffer.from([0, 0]), ends: true })).not.toBe("0");
    await works();
  });

  test("ends within a message has written what came whole", async () => {
    const path = pathOf(CollectionServiceDefinition, ingestBatch);
    const documents = [{ docId: "", externalId: "whole", vector }];
    const message = messageOf(ingestBatch, { collectionId: "c", documents });
    const bytes = Buffer.concat([frame(message.length, message), frame(message.length, message.subarray(1))]);
    await sendFrames({ path, bytes, ends: true });
    await expect
      .poll(
        async () =>
          (await call(client, CollectionServiceDefinition, get, { collectionId: "c", docId: "whole" }))
            .status,
      )
      .toBe("OK");
  });

  test("falls silent is ended", async () => {
    const silent = [query, ingestBatch, queryBatch].map((method) => ({
      path: pathOf(CollectionServiceDefinition, method),
      bytes: frame(100, Buffer.alloc(10)),
      ends: false,
    }));
    expect(await Promise.all(silent.map(sendFrames))).toEqual(["4", "4", "4"]);
  });

  test("is answered with more than its caller reads is cut, whether there are more answers or not", async () => {
    const text = "as long as it takes ".repeat(100);
    const documents = Array.from({ length: 300 }, (_, n) => ({
      docId: "",
      externalId: `long-${n}`,
      vector,
      text,
    }));
    const written = await call(client, CollectionServiceDefinition, upsert, { collectionId: "c", documents });
    expect(written.body.upserted).toBe(300);
    const large = { collectionId: "c", queryVector: vector, topK: 300, include: { text: true } };
    const session = connect(`http://${server.grpcAddress}`, { settings: { initialWindowSize: 1_024 } });
    const message = messageOf(query, large);
    const streams = [
      ignoreAnswers(session, pathOf(CollectionServiceDefinition, query), [message]),
      ignoreAnswers(session, pathOf(CollectionServiceDefinition, queryBatch), [message, message, message]),
    ];
    // What came before stays unread, so that the streams here do not close; 8 is CANCEL.
    await expect.poll(() => streams.map(({ rstCode }) => rstCode)).toEqual([8, 8]);
    session.destroy();
    await works();
  });

  test("says that it is compressed, and is not, is refused", async () => {
    expect(await sendFrames({ path, bytes: frame(10, Buffer.alloc(10), 1), ends: true })).not.toBe("0");
    await works();
  });
});

test("a message of somebody whom nobody knows is refused where it is larger than logins are", async () => {
  const tooLarge = 64 * 1_024 + 1;
  for (const path of [pathOf(AuthServiceDefinition, login), "/grpc.health.v1.Health/Check"]) {
    expect((await send(client, path, new Uint8Array(tooLarge))).status).toBe("RESOURCE_EXHAUSTED");
    const zipped = gzipSync(new Uint8Array(tooLarge));
    const bytes = frame(zipped.length, zipped, 1);
    expect(await sendFrames({ path, bytes, ends: true, encoding: "gzip" })).toBe("8");
  }
  const wrong = { email: "nobody@example.org", password: "x".repeat(1_000) };
  const { status } = await call(client, AuthServiceDefinition, login, wrong);
  expect(status).toBe("UNAUTHENTICATED");
});

test("a message larger than one may be is refused before it is read", async () => {
  const bytes = new Uint8Array(1_048_577);
  const { status } = await send(client, pathOf(CollectionServiceDefinition, query), bytes);
  expect(status).toBe("RESOURCE_EXHAUSTED");
  expect(
    await sendFrames({
      path: pathOf(CollectionServiceDefinition, query),
      bytes: frame(0xffff_ffff, Buffer.alloc(100)),
      ends: false,
    }),
  ).toBe("8");
  await works();
});
