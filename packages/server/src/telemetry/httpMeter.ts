export interface AnsweredRequest {
  readonly method: string;
  /** The route's pattern, never the path itself. */
  readonly path: string;
  readonly status: string;
  readonly durationMs: number;
}

/** Is told of every request, once its answer has gone or its caller has. */
export interface HttpMeter {
  answered(request: AnsweredRequest): void;
}
