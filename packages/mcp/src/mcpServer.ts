import { type AkiDbError, type CallOptions, toAkiDbError } from "@akidb/base";
import { errorBodyFrom } from "@akidb/protocol";
import { type CallToolResult, ProtocolError, ProtocolErrorCode, Server } from "@modelcontextprotocol/server";
import type { McpDatabase } from "./mcpDatabase.ts";
import { listResources, readResource, resourceTemplates } from "./resources.ts";
import { shownSchema } from "./shownSchema.ts";
import type { Tool, ToolResult } from "./tool.ts";
import { tools } from "./tools/tools.ts";

export interface McpServerOptions {
  readonly db: McpDatabase;
  readonly version: string;
  /** Told what nobody expected, which callers do not see. */
  readonly onInternalError: (error: AkiDbError) => void;
}

const instructions =
  "AkiDB is a vector database. Documents are kept in collections, with text and metadata; list_collections shows which " +
  "there are, describe_collection the fields that filters can name, and search finds documents by meaning or by words.";

/** One for each connection, and over HTTP one for each request: it keeps nothing. */
export function createMcpServer({ db, version, onInternalError }: McpServerOptions): Server {
  const server = new Server(
    { name: "akidb", title: "AkiDB", version },
    { capabilities: { tools: {}, resources: {} }, instructions },
  );
  const refusalOf = (thrown: unknown): AkiDbError => {
    const error = toAkiDbError(thrown);
    if (error.code === "internal") onInternalError(error);
    return error;
  };
  const orProtocolError = async <Result>(work: Promise<Result>): Promise<Result> => {
    try {
      return await work;
    } catch (error) {
      throw error instanceof ProtocolError ? error : protocolErrorFrom(refusalOf(error));
    }
  };

  server.setRequestHandler("tools/list", (_request, { mcpReq }) =>
    orProtocolError(listTools(db, { signal: mcpReq.signal })),
  );
  server.setRequestHandler("tools/call", async ({ params }, { mcpReq }) => {
    const tool = tools.find(({ name }) => name === params.name);
    if (tool === undefined) {
      throw new ProtocolError(
        ProtocolErrorCode.InvalidParams,
        `there is no tool ${JSON.stringify(params.name)}`,
      );
    }
    try {
      return toolAnswer(await tool.call(db, params.arguments ?? {}, { signal: mcpReq.signal }));
    } catch (error) {
      return toolRefusal(refusalOf(error));
    }
  });
  server.setRequestHandler("resources/list", ({ params }, { mcpReq }) =>
    orProtocolError(listResources(db, params?.cursor, { signal: mcpReq.signal })),
  );
  server.setRequestHandler("resources/templates/list", () => ({ resourceTemplates }));
  server.setRequestHandler("resources/read", ({ params }, { mcpReq }) =>
    orProtocolError(readResource(db, params.uri, { signal: mcpReq.signal })),
  );
  return server;
}

/** What the caller may not do, it is not shown; that an operation is not permitted it is told by the operation. */
async function listTools(db: McpDatabase, options: CallOptions) {
  const permitted = await db.permitted(options);
  return { tools: tools.filter(({ operation }) => permitted.includes(operation)).map(shownTool) };
}

const shownTool = ({ name, title, description, input, output, effect }: Tool) => ({
  name,
  title,
  description,
  inputSchema: shownSchema(input),
  outputSchema: shownSchema(output),
  annotations: {
    readOnlyHint: effect === "reads",
    destructiveHint: effect === "destroys",
    openWorldHint: false,
  },
});

const toolAnswer = ({ content, isError = false }: ToolResult): CallToolResult => ({
  content: [{ type: "text", text: JSON.stringify(content) }],
  structuredContent: { ...content },
  ...(isError && { isError }),
});

function toolRefusal({ code, message, violations }: AkiDbError): CallToolResult {
  const error = errorBodyFrom(code, message, violations);
  return {
    content: [{ type: "text", text: `${code}: ${message}` }],
    structuredContent: { error },
    isError: true,
  };
}

function protocolErrorFrom({ code, message, violations }: AkiDbError): ProtocolError {
  const numbers: Readonly<Partial<Record<typeof code, number>>> = {
    invalid_argument: ProtocolErrorCode.InvalidParams,
    internal: ProtocolErrorCode.InternalError,
  };
  return new ProtocolError(numbers[code] ?? serverError, message, errorBodyFrom(code, message, violations));
}

/** Of JSON-RPC, for what it has no number of its own for. */
const serverError = -32_000;
