import { Readable } from "node:stream";
import { invalidArgument, isAkiDbError, unavailable } from "@akidb/base";
import type { FastifyInstance, FastifyReply, FastifyRequest, RequestPayload } from "fastify";
import { type ContentCoding, contentCodings, createDecoder } from "./contentCodings.ts";
import { HttpError } from "./httpError.ts";

/** How many times its size a stream may become; documents are far below it, a bomb of zeros is at a thousand and more. */
const expansionMax = 200;

/**
 * Takes bodies that are compressed. A JSON body is bounded by what it is when it is not, so that a small one cannot fill the
 * memory; a stream has no bound of its own, and may grow beyond that of a body only as far as documents do.
 */
export function decompressBodies(app: FastifyInstance, bodyBytesMax: number): void {
  app.addHook("preParsing", (request, reply, payload, done) => {
    const coding = codingOf(request, reply);
    if (coding instanceof HttpError) return done(coding);
    done(null, coding === undefined ? payload : decoded(payload, { coding, bodyBytesMax }));
  });
}

function codingOf({ headers }: FastifyRequest, reply: FastifyReply): ContentCoding | HttpError | undefined {
  const name = headers["content-encoding"]?.trim().toLowerCase();
  if (name === undefined || name === "identity") return undefined;
  const coding = contentCodings.find((known) => known === name);
  if (coding !== undefined) return coding;
  reply.header("accept-encoding", contentCodings.join(", "));
  const message = `the body's content-encoding is none of ${contentCodings.join(", ")}`;
  return new HttpError(415, "invalid_argument", message);
}

interface Decoding {
  readonly coding: ContentCoding;
  readonly bodyBytesMax: number;
}

function decoded(payload: RequestPayload, { coding, bodyBytesMax }: Decoding): RequestPayload {
  const decoder = createDecoder(coding);
  // It may fail when nobody reads any more.
  decoder.on("error", () => {});
  async function* bounded(): AsyncGenerator<Uint8Array> {
    let bytes = 0;
    // Not before somebody reads, and not by `pipeline`, which would cut the connection that a refusal has to go out on.
    payload.once("error", () => decoder.destroy(unavailable("the caller has gone away")));
    payload.pipe(decoder);
    try {
      for await (const chunk of decoder as AsyncIterable<Uint8Array>) {
        bytes += chunk.length;
        if (bytes > bodyBytesMax && bytes > expansionMax * decoder.bytesWritten) throw bomb();
        yield chunk;
      }
    } catch (error) {
      throw isAkiDbError(error) ? error : invalidArgument("", `the body is not valid ${coding}`);
    } finally {
      payload.unpipe(decoder);
    }
  }
  const body: RequestPayload = Readable.from(bounded(), { objectMode: false });
  // Fastify compares it to the body's content-length.
  Object.defineProperty(body, "receivedEncodedLength", { get: () => decoder.bytesWritten });
  return body;
}

const bomb = (): HttpError =>
  new HttpError(
    413,
    "quota_exceeded",
    `the body becomes more than ${expansionMax} times its size; send it less compressed`,
  );
