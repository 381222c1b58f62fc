import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface RerankServer {
  readonly url: string;
  readonly close: () => void;
}

/** Ranks texts by how often they have the query's letter; fails where the query says so. */
export async function startRerankServer(): Promise<RerankServer> {
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const { query, documents } = JSON.parse(body) as { query: string; documents: string[] };
    if (query === "fail") {
      // Longer than a client waits before it asks again.
      response.writeHead(500, { "retry-after": "3600" }).end();
      return;
    }
    const results = documents.map((text, index) => ({
      index,
      relevance_score: text.split(query).length - 1,
    }));
    response.end(JSON.stringify({ results: results.sort((a, b) => b.relevance_score - a.relevance_score) }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  server.unref();
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/v1/rerank`, close: () => void server.close() };
}
