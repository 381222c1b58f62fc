import { type Metadata, type StatusObject, status as statusCodes } from "@grpc/grpc-js";
import { parseTraceParent } from "../telemetry/traceParent.ts";
import type { RequestTrace } from "../telemetry/tracing.ts";
import { textOf } from "./callerOfCall.ts";
import type { GrpcContext } from "./grpcContext.ts";

/** Those that are the server's own failures, by the conventions of OpenTelemetry; all others are answers. */
const failures: ReadonlySet<number> = new Set([
  statusCodes.UNKNOWN,
  statusCodes.DEADLINE_EXCEEDED,
  statusCodes.UNIMPLEMENTED,
  statusCodes.INTERNAL,
  statusCodes.UNAVAILABLE,
  statusCodes.DATA_LOSS,
]);

/** Begins a trace with a call, and tells of it when it is over: in the log, in the metrics, and to the trace. */
export class CallReport {
  readonly #path: string;
  readonly #service: string;
  readonly #method: string;
  readonly #context: GrpcContext;
  readonly #startMs: number;
  #requestId = "";
  #trace: RequestTrace | undefined;

  /** @param path of a method that there is */
  constructor(path: string, context: GrpcContext) {
    this.#path = path;
    [this.#service = "", this.#method = ""] = path.slice(1).split("/");
    this.#context = context;
    this.#startMs = context.clock.monotonicMs();
  }

  get requestId(): string {
    return this.#requestId;
  }

  get trace(): RequestTrace | undefined {
    return this.#trace;
  }

  begin(metadata: Metadata, requestId: string): void {
    this.#requestId = requestId;
    this.#trace = this.#context.tracing.beginRequest(`${this.#service}/${this.#method}`, {
      parent: parseTraceParent(textOf(metadata, "traceparent")),
      state: textOf(metadata, "tracestate"),
    });
    this.#trace?.span?.set({
      "rpc.system": "grpc",
      "rpc.service": this.#service,
      "rpc.method": this.#method,
      "akidb.request_id": requestId,
    });
  }

  /** @param code undefined where its caller has gone before it was answered */
  end(code: StatusObject["code"] | undefined): void {
    const { clock, logger, meter } = this.#context;
    const nowMs = clock.monotonicMs();
    const durationMs = nowMs - this.#startMs;
    logger.info(
      {
        requestId: this.#requestId,
        ...(this.#trace !== undefined && { traceId: this.#trace.id }),
        method: "gRPC",
        route: this.#path,
        ms: Math.round(durationMs * 100) / 100,
        ...(code === undefined ? { aborted: true } : { status: statusCodes[code] }),
      },
      "request",
    );
    const given = code ?? statusCodes.CANCELLED;
    const status = statusCodes[given] ?? "UNKNOWN";
    meter?.ended({ service: this.#service, method: this.#method, status, durationMs });
    this.#endTrace(given, nowMs);
  }

  #endTrace(code: StatusObject["code"], nowMs: number): void {
    const span = this.#trace?.span;
    if (span === undefined) return;
    const { answeredMs } = this.#trace!;
    if (answeredMs !== undefined) span.begin("serialise", answeredMs).end(nowMs);
    span.set({ "rpc.grpc.status_code": code });
    if (failures.has(code)) span.fail(statusCodes[code]);
    span.end(nowMs);
  }
}
