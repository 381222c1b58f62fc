import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A span as OTLP's JSON has it. */
export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly traceState: string | undefined;
  readonly name: string;
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  readonly isError: boolean;
}

export interface OtlpReceiver {
  readonly url: string;
  readonly spans: readonly ReceivedSpan[];
  /** `traceparent` of what came that were no spans; it was answered with 404. */
  readonly traceparents: readonly unknown[];
  close(): Promise<void>;
}

// biome-ignore lint/suspicious/noExplicitAny: what came over the wire
type Json = any;

/** Takes what a collector takes at `/v1/traces`. */
export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = [];
  const traceparents: unknown[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (request.url !== "/v1/traces") {
      traceparents.push(request.headers["traceparent"]);
      return response.writeHead(404).end();
    }
    const { resourceSpans } = JSON.parse(Buffer.concat(chunks).toString()) as Json;
    for (const { scopeSpans } of resourceSpans) {
      for (const scope of scopeSpans) for (const span of scope.spans) spans.push(received(span));
    }
    return response.writeHead(200, { "content-type": "application/json" }).end("{}");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    traceparents,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

const received = (span: Json): ReceivedSpan => ({
  traceId: span.traceId,
  spanId: span.spanId,
  parentSpanId: span.parentSpanId,
  traceState: span.traceState,
  name: span.name,
  startNs: BigInt(span.startTimeUnixNano),
  endNs: BigInt(span.endTimeUnixNano),
  attributes: Object.fromEntries(
    span.attributes.map(({ key, value }: Json) => [key, Object.values(value)[0]]),
  ),
  isError: span.status?.code === 2,
});
