import { createMcpHandler } from "@modelcontextprotocol/server";
import { createMcpServer, type McpServerOptions } from "./mcpServer.ts";

/**
 * Answers one message over streamable HTTP, of either kind of client: of the revision 2026-07-28, whose requests stand for
 * themselves, and of those before it, to which the server is one without sessions.
 *
 * @param request whose signal ends the work
 * @param message its body
 */
export async function answerMcpRequest(
  request: Request,
  message: unknown,
  options: McpServerOptions,
): Promise<Response> {
  // Nothing here changes what it has told of itself, so there is nothing to subscribe to.
  const handler = createMcpHandler(() => createMcpServer(options), { maxSubscriptions: 0 });
  return await handler.fetch(request, { parsedBody: message });
}
