/** Searches the texts of the files that it is told about, in slices that take turns, and sleeps in between. */
import { parentPort } from "node:worker_threads";
import { assertNever, noDeadline, unavailable } from "@akidb/base";
import type { TextReading } from "../../documents/textReading.ts";
import { packFailure } from "./documentWriteMessage.ts";
import { TextMarker } from "./textMarker.ts";
import type { TextReply, TextRequest } from "./textMessage.ts";
import { TextReadings } from "./textReadings.ts";

const readings = new TextReadings();
const open = new Map<number, TextReading>();
const marker = new TextMarker();

async function answer(request: TextRequest): Promise<TextReply> {
  const { requestId } = request;
  switch (request.kind) {
    case "open": {
      const reading = readings.begin(request.file);
      open.set(request.readingId, reading);
      return { requestId, kind: "opened", appliedLsn: reading.appliedLsn, isComplete: reading.isComplete };
    }
    case "search": {
      const { readingId, query, cancelled } = request;
      const check = () => checkCancelled(cancelled);
      const count = await find(readingId).search(query, { ...noDeadline(), check });
      return { requestId, kind: "found", count };
    }
    case "next":
      return { requestId, kind: "hits", hits: await find(request.readingId).next(request.count) };
    case "close":
      find(request.readingId).close();
      open.delete(request.readingId);
      return { requestId, kind: "done" };
    case "mark":
      return {
        requestId,
        kind: "marked",
        texts: await marker.mark(request.texts, request.phrases, request.language),
      };
    case "forget":
      await readings.forget(request.path);
      return { requestId, kind: "done" };
    default:
      return assertNever(request);
  }
}

function find(readingId: number): TextReading {
  const reading = open.get(readingId);
  if (reading === undefined) throw unavailable("the texts are not read any more");
  return reading;
}

function checkCancelled(cancelled: Int32Array): void {
  if (Atomics.load(cancelled, 0) !== 0) throw unavailable("the search was cancelled");
}

parentPort?.on("message", async (request: TextRequest) => {
  const reply = await answer(request).catch(
    (error): TextReply => ({ requestId: request.requestId, kind: "failed", failure: packFailure(error) }),
  );
  parentPort?.postMessage(reply);
});
