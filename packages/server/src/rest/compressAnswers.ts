import { pipeline, Readable } from "node:stream";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type ContentCoding, createEncoder, preferredCoding } from "./contentCodings.ts";

/** What a new connection carries in its first flight (ten segments, RFC 6928): to make less of it saves no round trip. */
export const compressedBytesMin = 14_600;

/**
 * Compresses answers for callers that say they take it: texts that are longer than one flight, and streams of any length, chunk
 * by chunk as fast as they are read. Left as they are: what is compressed by itself, as Parquet, and what has an `ETag`, which
 * is that of the bytes as they are.
 */
export function compressAnswers(app: FastifyInstance): void {
  app.addHook("onSend", (request, reply, payload, done) => {
    if (!isCompressible(reply)) return done(null, payload);
    reply.header("vary", withAcceptEncoding(reply.getHeader("vary")));
    const coding = request.method === "HEAD" ? undefined : codingFor(request, payload);
    if (coding === undefined) return done(null, payload);
    reply.header("content-encoding", coding).removeHeader("content-length");
    done(null, encoded(payload, coding));
  });
}

const compressibleTypes =
  /^(?:text\/|application\/(?:[\w.-]+\+)?(?:json|javascript)\b|application\/x-ndjson\b)/;

const isCompressible = (reply: FastifyReply): boolean =>
  compressibleTypes.test(String(reply.getHeader("content-type") ?? "")) &&
  !reply.hasHeader("content-encoding") &&
  !reply.hasHeader("etag");

function codingFor(request: FastifyRequest, payload: unknown): ContentCoding | undefined {
  const isText = typeof payload === "string" || payload instanceof Uint8Array;
  if (isText && payload.length < compressedBytesMin) return undefined;
  if (!isText && !isStream(payload)) return undefined;
  return preferredCoding(request.headers["accept-encoding"]);
}

const isStream = (payload: unknown): payload is Readable | ReadableStream =>
  payload instanceof Readable || payload instanceof ReadableStream;

/** The threads of zlib do the work; where the caller goes away, the source ends, too. */
function encoded(payload: unknown, coding: ContentCoding): Readable {
  const encoder = createEncoder(coding);
  const source =
    payload instanceof Readable
      ? payload
      : payload instanceof ReadableStream
        ? Readable.fromWeb(payload as Parameters<typeof Readable.fromWeb>[0])
        : Readable.from([payload as string | Uint8Array], { objectMode: false });
  // Whoever reads the encoder is told what went wrong.
  pipeline(source, encoder, () => {});
  return encoder;
}

function withAcceptEncoding(vary: number | string | string[] | undefined): string {
  const others = vary === undefined ? [] : [vary].flat().map(String);
  return [...others, "accept-encoding"].join(", ");
}
