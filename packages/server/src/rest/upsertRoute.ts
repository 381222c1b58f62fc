import { limits, splitLines, type UpsertResult } from "@akidb/base";
import { operations } from "@akidb/database";
import {
  CollectionPath,
  ndjsonContentType,
  problemContentType,
  RefusedUpsert,
  refusedUpsertToWire,
  roundedMs,
  StreamLines,
  type StreamResponse,
  UpsertBody,
  UpsertOrStreamResponse,
  upsertFromWire,
  upsertResultToWire,
} from "@akidb/protocol";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { runFor, runOperation } from "./operationRoute.ts";
import { paceBatch } from "./rateLimit.ts";
import { sendProblem } from "./refusal.ts";
import type { RestContext } from "./restContext.ts";
import { addRoute } from "./route.ts";
import type { Validate } from "./stream/documentLine.ts";
import { upsertLines } from "./stream/upsertLines.ts";

/** What a stream gathers before it writes: enough to share the cost of a sync, and the most that it holds in memory. */
const streamBatchDocumentsMax = 1_000;
const streamBatchBytesMax = 4 * 1024 * 1024;

/** Must be added in a scope of its own: only its route takes streams. */
export function addUpsertRoute(app: FastifyInstance, context: RestContext): void {
  app.addContentTypeParser(ndjsonContentType, (_request, payload, done) => done(null, payload));
  addRoute(app, operations.upsertDocuments, {
    method: "POST",
    url: "/api/v1/collections/:collection/documents",
    operationId: "upsertDocuments",
    tag: "Documents",
    summary: "Insert or replace documents",
    description:
      "A batch as JSON, or as NDJSON a stream of any length, written as it is read. Each document is written or " +
      "refused on its own. A batch of which none was written is a problem.",
    params: CollectionPath,
    body: { "application/json": UpsertBody, [ndjsonContentType]: StreamLines },
    responses: { 200: UpsertOrStreamResponse },
    refusal: { [problemContentType]: RefusedUpsert },
    handle: (request, reply) =>
      request.mediaType === ndjsonContentType
        ? answerStream(request as StreamRequest, reply, context)
        : answerBatch(request as BatchRequest, reply, context),
  });
}

type BatchRequest = FastifyRequest<{ Params: CollectionPath; Body: UpsertBody }>;
type StreamRequest = FastifyRequest<{ Params: CollectionPath; Body: FastifyRequest["raw"] }>;

async function answerBatch(
  request: BatchRequest,
  reply: FastifyReply,
  context: RestContext,
): Promise<unknown> {
  const { params, body } = request;
  const startMs = context.clock.monotonicMs();
  const input = { ...params, ...upsertFromWire(body) };
  const result = await runOperation(operations.upsertDocuments, input, runFor(request, reply, context));
  const refused = refusedUpsertToWire(result, request.id);
  if (refused !== undefined) return sendProblem(reply, refused);
  return upsertResultToWire(result, roundedMs(context.clock.monotonicMs() - startMs));
}

async function answerStream(
  request: StreamRequest,
  reply: FastifyReply,
  context: RestContext,
): Promise<StreamResponse> {
  const { collection } = request.params;
  const run = runFor(request, reply, context);
  const startMs = context.clock.monotonicMs();
  // Not destroyed when it is left early: the answer still has to go out on its socket.
  const chunks: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]: () => request.body.iterator({ destroyOnReturn: false }),
  };
  let batchCount = 0;
  const result = await upsertLines(splitLines(chunks, limits.lineBytesMax), {
    validate: compiledDocument(request),
    batchDocumentsMax: Math.min(streamBatchDocumentsMax, context.batchDocumentsMax),
    batchBytesMax: streamBatchBytesMax,
    upsert: async (documents): Promise<UpsertResult> => {
      if (batchCount++ > 0) await paceBatch(run.caller, run.signal, context);
      return await runOperation(operations.upsertDocuments, { collection, documents }, run);
    },
  });
  return { ...result, latency_ms: roundedMs(context.clock.monotonicMs() - startMs) };
}

/** Fastify compiles it at the first use; the batch's schema refers to it, so it is there. */
const documentReference = { $ref: "DocumentInput#" };
const compiledDocument = (request: FastifyRequest): Validate =>
  request.compileValidationSchema(documentReference) as Validate;
