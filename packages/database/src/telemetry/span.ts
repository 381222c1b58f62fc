import { isAkiDbError } from "@akidb/base";

/** A piece of work within a trace that is recorded. Times are of the clock's `monotonicMs`. */
export interface Span {
  /** A piece of this one. @param startMs now if absent */
  begin(name: string, startMs?: number): Span;
  set(attributes: SpanAttributes): void;
  /** @param code that of the error, or `internal` */
  fail(code: string): void;
  /** @param endMs now if absent */
  end(endMs?: number): void;
}

export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

/** Where a request is within what it is a part of (W3C Trace Context). */
export interface Trace {
  /** 32 hexadecimal digits. */
  readonly id: string;
  /** What tells the next service, in the header of that name. */
  readonly traceparent: string;
  /** The request; undefined where the trace is not recorded, which is most often. */
  readonly span: Span | undefined;
}

/** Begins the traces of what no request waits for. */
export interface Tracer {
  /** Undefined where it is not recorded. */
  begin(name: string): Span | undefined;
}

export const untraced: Tracer = { begin: () => undefined };

/** Does a piece of the parent's work; without a parent it is only done. */
export async function inSpan<T>(
  parent: Span | undefined,
  name: string,
  work: (span: Span | undefined) => Promise<T>,
): Promise<T> {
  if (parent === undefined) return await work(undefined);
  return await recorded(parent.begin(name), work);
}

/** Does the work of a span, and ends it. */
export async function recorded<T>(
  span: Span | undefined,
  work: (span: Span | undefined) => Promise<T>,
): Promise<T> {
  try {
    return await work(span);
  } catch (error) {
    span?.fail(isAkiDbError(error) ? error.code : "internal");
    throw error;
  } finally {
    span?.end();
  }
}
