import type { Readable, Writable } from "node:stream";
import { StdioServerTransport, serveStdio } from "@modelcontextprotocol/server/stdio";
import { createMcpServer, type McpServerOptions } from "./mcpServer.ts";

export interface StdioOptions extends McpServerOptions {
  readonly input: Readable;
  readonly output: Writable;
  /** Of one message. */
  readonly messageBytesMax: number;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Told what came that is no message. */
  readonly onBadMessage: (reason: string) => void;
}

/** Serves the client at the other end of two pipes, until it closes them. */
export async function serveMcpOverStdio(options: StdioOptions): Promise<void> {
  const { input, output, messageBytesMax, signal, onBadMessage } = options;
  const transport = new StdioServerTransport(input, output, { maxBufferSize: messageBytesMax });
  const served = serveStdio(() => createMcpServer(options), {
    transport,
    maxSubscriptions: 0,
    onerror: ({ message }) => onBadMessage(message),
  });
  await new Promise<void>((resolve) => {
    const { onclose } = transport;
    transport.onclose = () => {
      onclose?.();
      resolve();
    };
    const end = (): void => void served.close().finally(resolve);
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true });
  });
}
