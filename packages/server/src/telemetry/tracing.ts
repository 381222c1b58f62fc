import type { Span, Trace, Tracer } from "@akidb/database";
import { formatTraceParent, type TraceParent } from "./traceParent.ts";

export interface RequestTrace extends Trace {
  readonly span: Span | undefined;
  /** When the operation was done, by the monotonic clock, and its answer only had to be written. */
  answeredMs: number | undefined;
}

/** What a request says of the trace that it is a part of. */
export interface TraceHeaders {
  readonly parent: TraceParent | undefined;
  /** `tracestate`, as it came. */
  readonly state: string | undefined;
}

/** Makes traces of requests, and of what no request waits for. */
export interface Tracing extends Tracer {
  /** Undefined where the request is a part of none. */
  beginRequest(name: string, headers: TraceHeaders): RequestTrace | undefined;
  /** Sends what there is, as far as that is possible. */
  close(): Promise<void>;
}

/** Records nothing: a trace that a request is a part of is named in the log, and passed on. */
export const passingTracing: Tracing = {
  begin: () => undefined,
  beginRequest: (_name, { parent }) =>
    parent && {
      id: parent.traceId,
      traceparent: formatTraceParent(parent),
      span: undefined,
      answeredMs: undefined,
    },
  close: async () => {},
};
