import { type IdGenerator, isAkiDbError, isPlainObject } from "@akidb/base";
import { jsonRpcErrorFrom, jsonRpcParseError } from "@akidb/protocol";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import Type from "typebox";
import { callerDatabase } from "./callerDatabase.ts";
import type { McpRequestsInFlight } from "./mcpRequestsInFlight.ts";
import { runFor } from "./operationRoute.ts";
import { parseJson } from "./parseJson.ts";
import type { RestContext } from "./restContext.ts";
import { addRoute } from "./route.ts";

const sessionHeader = "mcp-session-id";

const McpQuery = Type.Object(
  { database: Type.Optional(Type.String({ description: "Name or id. Default: that called `default`." })) },
  { additionalProperties: false },
);

const Message = Type.Any({
  $id: "McpMessage",
  description: "One JSON-RPC message of the Model Context Protocol.",
  examples: [{ jsonrpc: "2.0", id: 1, method: "tools/list" }],
});

/** Must be added in a scope of its own: only its route takes JSON that it looks at itself. */
export function addMcpRoute(
  app: FastifyInstance,
  context: RestContext,
  { ids, inFlight }: Omit<McpParts, "context">,
): void {
  app.removeContentTypeParser("application/json");
  app.addContentTypeParser(
    "application/json",
    { parseAs: "buffer" },
    async (_request: unknown, body: Buffer) => body,
  );
  addRoute(
    app,
    { permission: "session" },
    {
      method: "POST",
      url: "/mcp",
      operationId: "mcp",
      tag: "MCP",
      summary: "Model Context Protocol, streamable HTTP",
      description: "Takes one message a request, and keeps no session. Refusals are errors of JSON-RPC.",
      querystring: McpQuery,
      body: { "application/json": Message },
      responses: { 200: Message },
      refusal: { "application/json": Message },
      handle: (request, reply) => answer(request as McpRequest, reply, { context, ids, inFlight }),
    },
  );
}

type McpRequest = FastifyRequest<{ Body: Buffer; Querystring: { readonly database?: string } }>;

interface McpParts {
  readonly context: RestContext;
  readonly ids: IdGenerator;
  readonly inFlight: McpRequestsInFlight;
}

async function answer(
  request: McpRequest,
  reply: FastifyReply,
  { context, ids, inFlight }: McpParts,
): Promise<unknown> {
  const message = readMessage(request.body);
  if ("refusal" in message) return reply.code(400).send(message.refusal);
  const run = { ...runFor(request, reply, context), database: request.query.database };
  const session = singleHeader(request, sessionHeader);
  const tenantId = run.caller.principal?.tenantId ?? "";
  using call = inFlight.begin({ tenantId, session, message: message.value });
  const signal = AbortSignal.any([run.signal, call.signal]);
  // Loaded by the first request: most servers have no such client, and the protocol's library takes 20 MB.
  const { answerMcpRequest } = await import("@akidb/mcp");
  const response = await answerMcpRequest(webRequest(request, signal), message.value, {
    db: callerDatabase({ ...run, signal }),
    version: context.version,
    onInternalError: (error) =>
      context.logger.error({ requestId: request.id, err: error.cause ?? error }, "request failed"),
  });
  reply.code(response.status);
  for (const [name, value] of response.headers) if (name !== "connection") reply.header(name, value);
  if (isInitialize(message.value) && response.ok) reply.header(sessionHeader, ids.next());
  // To its end here, as an operation is: what is not out yet is what can still be cancelled.
  return reply.send(await response.text());
}

type ReadMessage = { readonly value: unknown } | { readonly refusal: object };

function readMessage(body: Buffer): ReadMessage {
  try {
    const value = parseJson(body);
    // Gone from the protocol since its revision of June 2025; each would be a hundred requests to the rate's one.
    if (!isPlainObject(value))
      return { refusal: jsonRpcErrorFrom("invalid_argument", "must be one message") };
    return { value };
  } catch (error) {
    if (!isAkiDbError(error)) throw error;
    return { refusal: jsonRpcParseError(error.message) };
  }
}

const isInitialize = (message: unknown): boolean =>
  isPlainObject(message) && message["method"] === "initialize";

const singleHeader = ({ headers }: FastifyRequest, name: string): string | undefined => {
  const value = headers[name];
  return Array.isArray(value) ? value.join(", ") : value;
};

const bothKinds = "application/json, text/event-stream";

/** What the protocol looks at; the address means nothing to it. */
function webRequest({ headers }: FastifyRequest, signal: AbortSignal): Request {
  const accept = headers.accept === undefined || headers.accept === "*/*" ? bothKinds : headers.accept;
  const kept: [string, string][] = [
    ["content-type", "application/json"],
    ["accept", accept],
  ];
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith("mcp-") && typeof value === "string") kept.push([name, value]);
  }
  return new Request("http://akidb.invalid/mcp", { method: "POST", headers: kept, signal });
}
