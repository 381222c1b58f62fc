import type { Clock } from "@akidb/base";
import type { Span, SpanAttributes } from "@akidb/database";
import {
  type Context,
  createTraceState,
  type Span as RecordedSpan,
  ROOT_CONTEXT,
  SpanKind,
  type Tracer as SpanMaker,
  SpanStatusCode,
  TraceFlags,
  trace,
} from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import type { Logger } from "pino";
import { formatTraceParent } from "./traceParent.ts";
import type { TraceHeaders, Tracing } from "./tracing.ts";

export interface OpenTelemetryOptions {
  /** Where the OTLP receiver is, without `/v1/traces`. */
  readonly endpoint: string;
  /** Of the traces that begin here; whoever begins one elsewhere decides itself. */
  readonly sampleRatio: number;
  readonly version: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Spans that wait to be sent; what comes beyond is dropped, so that a receiver that is away costs a bounded piece of memory. */
const queueSpansMax = 2_048;
const sendIntervalMs = 2_000;
const sendTimeoutMs = 10_000;
const closeMsMax = 2_000;

/** Records traces and sends them by OTLP over HTTP. Nothing global is set: spans are handed on, not found. */
export function openTelemetry(options: OpenTelemetryOptions): Tracing {
  const { endpoint, sampleRatio, version, clock } = options;
  const url = `${endpoint.replace(/\/+$/, "")}/v1/traces`;
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ "service.name": "akidb", "service.version": version }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(sampleRatio) }),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: tellingExporter(new OTLPTraceExporter({ url, timeoutMillis: sendTimeoutMs }), options),
        maxQueueSize: queueSpansMax,
        scheduledDelayMillis: sendIntervalMs,
        exportTimeoutMillis: sendTimeoutMs,
      }),
    ],
  });
  const tracer = provider.getTracer("akidb", version);
  const root = (name: string, context: Context, kind: SpanKind) => {
    // The wall clock may jump: within a trace, time is the monotonic clock's.
    const epochMs = clock.nowMs() - clock.monotonicMs();
    const startTime = epochMs + clock.monotonicMs();
    const span = tracer.startSpan(name, { kind, startTime }, context);
    return { span, part: span.isRecording() ? new OtlpSpan({ tracer, span, clock, epochMs }) : undefined };
  };
  return {
    begin: (name) => root(name, ROOT_CONTEXT, SpanKind.INTERNAL).part,
    beginRequest: (name, headers) => {
      const { span, part } = root(name, contextOf(headers), SpanKind.SERVER);
      const { traceId, spanId, traceFlags } = span.spanContext();
      const isSampled = (traceFlags & TraceFlags.SAMPLED) !== 0;
      return {
        id: traceId,
        traceparent: formatTraceParent({ traceId, spanId, isSampled }),
        span: part,
        answeredMs: undefined,
      };
    },
    close: () => within(closeMsMax, provider.shutdown()),
  };
}

/** A receiver that is away must not hold up the end. */
async function within(ms: number, work: Promise<void>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([work.catch(() => {}), promise]);
  clearTimeout(timer);
}

const contextOf = ({ parent, state }: TraceHeaders): Context =>
  parent === undefined
    ? ROOT_CONTEXT
    : trace.setSpanContext(ROOT_CONTEXT, {
        traceId: parent.traceId,
        spanId: parent.spanId,
        traceFlags: parent.isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
        isRemote: true,
        ...(state !== undefined && { traceState: createTraceState(state) }),
      });

/** Says once that the receiver is away, and not with every batch. */
function tellingExporter(exporter: SpanExporter, { logger, endpoint }: OpenTelemetryOptions): SpanExporter {
  let isAway = false;
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        const isLost = result.error !== undefined;
        if (isLost && !isAway) {
          logger.warn({ endpoint, reason: result.error?.message }, "traces cannot be sent; they are dropped");
        }
        isAway = isLost;
        done(result);
      }),
    shutdown: () => exporter.shutdown(),
    forceFlush: async () => await exporter.forceFlush?.(),
  };
}

interface OtlpSpanParts {
  readonly tracer: SpanMaker;
  readonly span: RecordedSpan;
  readonly clock: Clock;
  /** The wall clock where the monotonic one has its zero. */
  readonly epochMs: number;
}

class OtlpSpan implements Span {
  readonly #parts: OtlpSpanParts;

  constructor(parts: OtlpSpanParts) {
    this.#parts = parts;
  }

  begin(name: string, startMs?: number): Span {
    const { tracer, span } = this.#parts;
    const context = trace.setSpan(ROOT_CONTEXT, span);
    const child = tracer.startSpan(name, { startTime: this.#timeAt(startMs) }, context);
    return new OtlpSpan({ ...this.#parts, span: child });
  }

  set(attributes: SpanAttributes): void {
    this.#parts.span.setAttributes(attributes);
  }

  fail(code: string): void {
    this.#parts.span.setStatus({ code: SpanStatusCode.ERROR, message: code });
    this.#parts.span.setAttribute("error.type", code);
  }

  end(endMs?: number): void {
    this.#parts.span.end(this.#timeAt(endMs));
  }

  #timeAt(ms: number | undefined): number {
    return this.#parts.epochMs + (ms ?? this.#parts.clock.monotonicMs());
  }
}
