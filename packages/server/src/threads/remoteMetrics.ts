import type { AnsweredSearch, Gauges } from "@akidb/database";
import type { EndedCall, GrpcMeter } from "../telemetry/grpcMeter.ts";
import type { AnsweredRequest, HttpMeter } from "../telemetry/httpMeter.ts";
import type { ServedMetrics } from "../telemetry/servedMetrics.ts";

/** What was measured since the last time. */
export interface Measured {
  readonly requests: readonly AnsweredRequest[];
  readonly calls: readonly EndedCall[];
  /** That this thread answered by itself. */
  readonly searches: readonly AnsweredSearch[];
}

export interface RemoteMetricsParts {
  readonly contentType: string;
  readonly tell: (measured: Measured) => void;
  /** As {@link ServedMetrics.render}, with the connections of all threads. */
  readonly render: (gauges: Gauges) => Promise<string>;
}

/** So long a request that was answered may be missing from what another thread shows. */
const tellIntervalMs = 100;

/** Measures here what is counted in another thread. */
export class RemoteMetrics implements ServedMetrics {
  readonly http: HttpMeter;
  readonly grpc: GrpcMeter;
  readonly contentType: string;
  readonly #parts: RemoteMetricsParts;
  #requests: AnsweredRequest[] = [];
  #calls: EndedCall[] = [];
  #searches: AnsweredSearch[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: RemoteMetricsParts) {
    this.#parts = parts;
    this.contentType = parts.contentType;
    this.http = {
      answered: (request) => {
        this.#requests.push(request);
        this.#tellSoon();
      },
    };
    this.grpc = {
      ended: (call) => {
        this.#calls.push(call);
        this.#tellSoon();
      },
    };
  }

  searched(search: AnsweredSearch): void {
    this.#searches.push(search);
    this.#tellSoon();
  }

  async render(gauges: Gauges): Promise<string> {
    this.flush();
    return await this.#parts.render(gauges);
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const measured = { requests: this.#requests, calls: this.#calls, searches: this.#searches };
    if (Object.values(measured).every(({ length }) => length === 0)) return;
    this.#requests = [];
    this.#calls = [];
    this.#searches = [];
    this.#parts.tell(measured);
  }

  #tellSoon(): void {
    this.#timer ??= setTimeout(() => this.flush(), tellIntervalMs);
  }
}
