import { Readable } from "node:stream";
import type { FastifyInstance, RequestPayload } from "fastify";
import { strangerBodyBytesMax } from "../strangerLimits.ts";
import { HttpError } from "./httpError.ts";

/** Bounds the bodies of callers that nobody knows: of logins, and of requests for what does not exist. */
export function limitStrangers(app: FastifyInstance): void {
  app.addHook("preParsing", ({ caller, headers }, _reply, payload, done) => {
    if (caller !== undefined && caller.principal !== null) return done(null, payload);
    if (Number(headers["content-length"]) > strangerBodyBytesMax) return done(tooLarge());
    done(null, bounded(payload));
  });
}

function bounded(payload: RequestPayload): RequestPayload {
  async function* chunks(): AsyncGenerator<Uint8Array> {
    let bytes = 0;
    // Not destroyed when it is left early: the refusal still has to go out on its socket.
    for await (const chunk of (payload as Readable).iterator({ destroyOnReturn: false })) {
      bytes += chunk.length;
      if (bytes > strangerBodyBytesMax) throw tooLarge();
      yield chunk;
    }
  }
  const body: RequestPayload = Readable.from(chunks(), { objectMode: false });
  // Fastify compares it to the body's content-length.
  Object.defineProperty(body, "receivedEncodedLength", { get: () => payload.receivedEncodedLength });
  return body;
}

const tooLarge = (): HttpError =>
  new HttpError(
    413,
    "quota_exceeded",
    `the body is larger than ${strangerBodyBytesMax} bytes, which is all that a caller may send without credentials`,
  );
