/**
 * The database as tools and resources of the Model Context Protocol, over HTTP and over pipes.
 *
 * @packageDocumentation
 */
export { answerMcpRequest } from "./answerMcpRequest.ts";
export { type McpDatabase, mcpDatabaseOf } from "./mcpDatabase.ts";
export type { McpServerOptions } from "./mcpServer.ts";
export { type StdioOptions, serveMcpOverStdio } from "./serveMcpOverStdio.ts";
