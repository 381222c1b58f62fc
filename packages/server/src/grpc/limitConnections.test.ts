import { once } from "node:events";
import { connect } from "node:net";
import { promisify } from "node:util";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { expect, test } from "vitest";
import { limitConnections } from "./limitConnections.ts";

test("one connection more than there may be is closed, and the next comes in when another has gone", async () => {
  const server = new Server();
  const bind = promisify(server.bindAsync.bind(server));
  const port = await bind("127.0.0.1:0", ServerCredentials.createInsecure());
  limitConnections(server, 2);
  const open = async () => {
    const socket = connect(port, "127.0.0.1").on("error", () => {});
    // The server speaks first: it sends its settings.
    const heard = await Promise.race([
      once(socket, "data").then(() => true),
      once(socket, "close").then(() => false),
    ]);
    return { socket, heard };
  };
  const [first, second, third] = [await open(), await open(), await open()];
  expect([first, second, third].map(({ heard }) => heard)).toEqual([true, true, false]);
  first.socket.destroy();
  await expect.poll(async () => (await open()).heard).toBe(true);
  server.forceShutdown();
});
