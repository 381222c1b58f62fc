/** A thread that serves. */
import { parentPort, workerData } from "node:worker_threads";
import { systemClock, systemRandom, UuidV7Generator } from "@akidb/base";
import { serveInThread } from "../threads/serveInThread.ts";
import type { ThreadData } from "../threads/threadData.ts";
import type { ToThread } from "../threads/threadMessage.ts";
import { createPinoLogger } from "./pinoLogger.ts";

const port = parentPort;
if (port === null) throw new Error("is a thread of a server, and no program");
const data = workerData as ThreadData;
const thread = serveInThread({
  data,
  port,
  clock: systemClock,
  ids: new UuidV7Generator(systemClock, systemRandom),
  logger: createPinoLogger(data.logging),
});
port.on("message", (messages: readonly ToThread[]) => {
  for (const message of messages) thread.receive(message);
});
await thread.closed;
// What was sent at the end goes in this turn.
setImmediate(() => port.close());
