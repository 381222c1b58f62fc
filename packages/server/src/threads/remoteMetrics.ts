import type { AnsweredSearch, Gauges } from "@akidb/database";
import type { EndedCall, GrpcMeter } from "../telemetry/grpcMeter.ts";
import type { AnsweredRequest, HttpMeter } from "../telemetry/httpMeter.ts";
import type { ServedMetrics } from "../telemetry/servedMetrics.ts";
import { DurationGroups, type Durations } from "./durationGroups.ts";

/** What was measured since the last time. */
export interface Measured {
  readonly requests: readonly Durations<Omit<AnsweredRequest, "durationMs">>[];
  readonly calls: readonly Durations<Omit<EndedCall, "durationMs">>[];
  /** That this thread answered by itself. */
  readonly searches: readonly Durations<AnsweredSearch["plan"]>[];
  /** Of those: deciding that their callers might. */
  readonly authorizations: readonly Durations<"allowed">[];
}

export interface RemoteMetricsParts {
  readonly contentType: string;
  readonly tell: (measured: Measured) => void;
  /** As {@link ServedMetrics.render}, with the connections of all threads. */
  readonly render: (gauges: Gauges) => Promise<string>;
}

/** So long a request that was answered may be missing from what another thread shows. */
export const tellIntervalMs = 100;

/** Measures here what is counted in another thread. */
export class RemoteMetrics implements ServedMetrics {
  readonly http: HttpMeter;
  readonly grpc: GrpcMeter;
  readonly contentType: string;
  readonly #parts: RemoteMetricsParts;
  readonly #requests = new DurationGroups<Omit<AnsweredRequest, "durationMs">>();
  readonly #calls = new DurationGroups<Omit<EndedCall, "durationMs">>();
  readonly #searches = new DurationGroups<AnsweredSearch["plan"]>();
  readonly #authorizations = new DurationGroups<"allowed">();
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: RemoteMetricsParts) {
    this.#parts = parts;
    this.contentType = parts.contentType;
    this.http = {
      answered: ({ durationMs, ...request }) => {
        const { method, path, status } = request;
        this.#requests.add(`${method} ${path} ${status}`, request, durationMs);
        this.#tellSoon();
      },
    };
    this.grpc = {
      ended: ({ durationMs, ...call }) => {
        const { service, method, status } = call;
        this.#calls.add(`${service} ${method} ${status}`, call, durationMs);
        this.#tellSoon();
      },
    };
  }

  searched({ plan, durationMs, authorizedMs }: AnsweredSearch): void {
    this.#searches.add(plan, plan, durationMs);
    this.#authorizations.add("allowed", "allowed", authorizedMs);
    this.#tellSoon();
  }

  async render(gauges: Gauges): Promise<string> {
    this.flush();
    return await this.#parts.render(gauges);
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const measured = {
      requests: this.#requests.take(),
      calls: this.#calls.take(),
      searches: this.#searches.take(),
      authorizations: this.#authorizations.take(),
    };
    if (Object.values(measured).some(({ length }) => length > 0)) this.#parts.tell(measured);
  }

  #tellSoon(): void {
    this.#timer ??= setTimeout(() => this.flush(), tellIntervalMs);
  }
}
