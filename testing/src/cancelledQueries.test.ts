import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer as createHttpServer, type Server } from "node:http";
import { type AddressInfo, createServer, connect as dial, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AkiDb, type Collection, systemClock, systemRandom } from "@akidb/base";
import { connect } from "@akidb/client";
import { loadConfig, type RunningServer, startServer } from "@akidb/server";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

/**
 * A model that ranks a query's texts and never answers: the query waits for it, and what the server does with its own request
 * to it shows whether the query goes on.
 */
class SilentModel {
  readonly #server: Server = createHttpServer((request, response) => {
    request.resume();
    response.once("close", this.#left.resolve);
    this.#asked.resolve();
  });
  #asked = Promise.withResolvers<void>();
  #left = Promise.withResolvers<void>();

  async listen(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Of the next query: when it waits here, and when it does so no longer. */
  expectQuery(): { readonly begun: Promise<void>; readonly ended: Promise<void> } {
    this.#asked = Promise.withResolvers();
    this.#left = Promise.withResolvers();
    return { begun: this.#asked.promise, ended: this.#left.promise };
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

/** Between a client and a server, until it is cut. */
class Wire {
  readonly #sockets = new Set<Socket>();
  readonly #server;

  constructor(port: number) {
    this.#server = createServer((near) => {
      const far = dial(port, "127.0.0.1");
      for (const socket of [near, far]) this.#sockets.add(socket.on("error", () => {}));
      near.pipe(far).pipe(near);
    });
  }

  async listen(): Promise<number> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return (this.#server.address() as AddressInfo).port;
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}

const folder = mkdtempSync(join(tmpdir(), "akidb-cancelled-"));
const model = new SilentModel();
let server: RunningServer;

beforeAll(async () => {
  const config = loadConfig({
    flags: {
      "--rest-port": "0",
      "--grpc-port": "0",
      "--data-dir": folder,
      "--wal-sync": "never",
      "--rerank-url": await model.listen(),
    },
    environment: {},
    readFile: () => "",
    isTerminal: false,
  });
  server = await startServer(config, {
    clock: systemClock,
    random: systemRandom,
    logger: pino({ level: "silent" }),
    command: "test",
  });
  const db = connect({ url: server.url });
  await db.createCollection({ name: "books" });
  await db.collection("books").upsert([{ text: "an apple" }]);
});
afterAll(async () => {
  await server.close();
  model.close();
  rmSync(folder, { recursive: true });
});

const slow = { text: "apple", rerank: {} };
type Ask = (books: Collection, options?: { signal?: AbortSignal; timeoutMs?: number }) => Promise<unknown>;
const asks: readonly (readonly [string, Ask])[] = [
  ["a query", (books, options) => books.query(slow, options)],
  ["a batch of queries", (books, options) => books.queryBatch([slow, slow], options)],
];

describe.each(["http", "grpc"] as const)("over %s", (scheme) => {
  const addressOf = () => (scheme === "http" ? new URL(server.url).host : server.grpcAddress);
  const opened: AkiDb[] = [];
  const books = (address: string): Collection => {
    const db = connect({ url: `${scheme}://${address}` });
    opened.push(db);
    return db.collection("books");
  };
  afterAll(async () => {
    for (const db of opened) await db.close();
  });

  describe.each(asks)("%s", (_, ask) => {
    it("is given up by the server when its caller cancels it", async () => {
      const { begun, ended } = model.expectQuery();
      const controller = new AbortController();
      const asked = ask(books(addressOf()), { signal: controller.signal });
      const refused = expect(asked).rejects.toMatchObject({
        code: "unavailable",
        message: "the request was cancelled",
      });
      await begun;
      controller.abort();
      await refused;
      await ended;
    });

    it("is given up by the server at its caller's deadline", async () => {
      const collection = books(addressOf());
      await endsAtDeadline((timeoutMs) => ask(collection, { timeoutMs }));
    });

    it("is given up by the server when the connection breaks", async () => {
      const { begun, ended } = model.expectQuery();
      const wire = new Wire(Number(addressOf().split(":")[1]));
      const controller = new AbortController();
      const asked = ask(books(`127.0.0.1:${await wire.listen()}`), { signal: controller.signal });
      const refused = expect(asked).rejects.toMatchObject({ code: "unavailable" });
      await begun;
      wire.cut();
      await ended;
      await refused;
      controller.abort();
    });
  });

  it("a query has a deadline of its own, at the server", async () => {
    const collection = books(addressOf());
    await endsAtDeadline((timeoutMs) => collection.query({ ...slow, timeoutMs }));
  });
});

/** With more time where a busy machine has not come to the model by then. */
async function endsAtDeadline(ask: (timeoutMs: number) => Promise<unknown>): Promise<void> {
  let hasBegun = false;
  for (let timeoutMs = 200; !hasBegun; timeoutMs *= 2) {
    const { begun, ended } = model.expectQuery();
    void begun.then(() => {
      hasBegun = true;
    });
    await expect(ask(timeoutMs)).rejects.toMatchObject({ code: "deadline_exceeded" });
    if (hasBegun) await ended;
  }
}
