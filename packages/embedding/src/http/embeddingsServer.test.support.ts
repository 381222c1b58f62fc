import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createMockProvider } from "../mock/mockProvider.ts";

export interface Asked {
  readonly path: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: {
    readonly model: string;
    readonly input: readonly string[];
    readonly encoding_format: string;
  };
}

export type Answering = (response: ServerResponse, asked: Asked) => void | Promise<void>;

export const servedDimension = 24;

/** A server on loopback that answers as the real ones do, until it is told to misbehave. */
export class EmbeddingsServer {
  readonly asked: Asked[] = [];
  /** Undefined: well. The probe is answered well always. */
  answering: Answering | undefined;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<EmbeddingsServer> {
    const http = createServer(async (request, response) => {
      let body = "";
      for await (const chunk of request) body += chunk;
      const asked = { path: request.url, headers: request.headers, body: JSON.parse(body) } as Asked;
      server.asked.push(asked);
      const isProbe = asked.body.input[0] === "a vector database";
      await ((!isProbe && server.answering) || answerWell)(response, asked);
    });
    const server = new EmbeddingsServer(http);
    http.listen(0, "127.0.0.1");
    await once(http, "listening");
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

export interface ServedItem {
  readonly index?: unknown;
  readonly embedding?: unknown;
}

/** As it should be, in the encoding that was asked for; not of unit length. */
export async function itemsFor({ body }: Asked): Promise<ServedItem[]> {
  const { vectors } = await (await createMockProvider().model("mock", servedDimension)).embed(body.input);
  return body.input.map((_, index) => {
    const row = vectors.slice(index * servedDimension, (index + 1) * servedDimension).map((x) => 3 * x);
    const embedding =
      body.encoding_format === "base64" ? Buffer.from(row.buffer).toString("base64") : [...row];
    return { index, embedding };
  });
}

export function answerWith(response: ServerResponse, data: unknown, tokens: number): void {
  response.setHeader("content-type", "application/json");
  response.end(
    JSON.stringify({ object: "list", data, usage: { prompt_tokens: tokens, total_tokens: tokens } }),
  );
}

export const answerWell: Answering = async (response, asked) => {
  const words = asked.body.input.join(" ").trim().split(/\s+/u).length;
  answerWith(response, await itemsFor(asked), words);
};
