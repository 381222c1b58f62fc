import { Readable } from "node:stream";
import { type ScrollPage, toAkiDbError } from "@akidb/base";
import { operations } from "@akidb/database";
import {
  CollectionPath,
  DocumentLines,
  documentToWire,
  ndjsonContentType,
  ScrollBody,
  ScrollResponse,
  scrollPageToWire,
} from "@akidb/protocol";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type Run, runFor, runOperation } from "./operationRoute.ts";
import { paceBatch } from "./rateLimit.ts";
import type { RestContext } from "./restContext.ts";
import { addRoute } from "./route.ts";

type ScrollRequest = FastifyRequest<{ Params: CollectionPath; Body: ScrollBody }>;

export function addScrollRoute(app: FastifyInstance, context: RestContext): void {
  addRoute(app, operations.scroll, {
    method: "POST",
    url: "/api/v1/collections/:collection/scroll",
    operationId: "scroll",
    tag: "Documents",
    summary: "Enumerate documents in the order of their ids, page by page or as one stream",
    description:
      "What is there from the first page to the last comes exactly once, whatever is written meanwhile. With " +
      `\`accept: ${ndjsonContentType}\` all pages come, one document a line, as fast as they are read; \`limit\` then is what ` +
      "is read at once. A stream that cannot go on is cut: only one that ends as HTTP demands it is whole.",
    params: CollectionPath,
    body: { "application/json": ScrollBody },
    responses: { 200: { "application/json": ScrollResponse, [ndjsonContentType]: DocumentLines } },
    handle: async (request, reply) => {
      const { params, body } = request as ScrollRequest;
      const run = runFor(request, reply, context);
      const pageFrom = (cursor: string | undefined): Promise<ScrollPage> =>
        runOperation(operations.scroll, { ...params, ...body, ...(cursor !== undefined && { cursor }) }, run);
      // Before the answer begins: whatever refuses the first page is a problem.
      const first = await pageFrom(undefined);
      return wantsLines(request) ? sendLines(reply, { first, pageFrom, run }) : scrollPageToWire(first);
    },
  });
}

/** Named, and not refused by a weight of zero; what only takes anything takes JSON. */
const wantsLines = ({ headers }: FastifyRequest): boolean =>
  (headers.accept ?? "")
    .split(",")
    .map((range) => range.toLowerCase().replaceAll(/\s/g, ""))
    .some((range) => range.split(";")[0] === ndjsonContentType && !/;q=0(?:\.0*)?(?:;|$)/.test(range));

interface Lines {
  readonly first: ScrollPage;
  readonly pageFrom: (cursor: string) => Promise<ScrollPage>;
  readonly run: Run;
}

function sendLines(reply: FastifyReply, { first, pageFrom, run }: Lines): FastifyReply {
  async function* lines(): AsyncGenerator<string> {
    try {
      for (let page = first; ; ) {
        yield page.documents.map((document) => `${JSON.stringify(documentToWire(document))}\n`).join("");
        if (page.nextCursor === undefined) return;
        await paceBatch(run.caller, run.signal, run.context);
        page = await pageFrom(page.nextCursor);
      }
    } catch (error) {
      const { code } = toAkiDbError(error);
      run.context.logger.warn(
        { requestId: run.requestId, err: error, code },
        "a stream of documents was cut",
      );
      throw error;
    }
  }
  // One page waits while another is sent; none is read for a caller that does not read.
  const body = Readable.from(lines(), { objectMode: false });
  return reply.header("content-type", ndjsonContentType).send(body);
}
