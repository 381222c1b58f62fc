/** What the caller says of the trace that its request is a part of (W3C Trace Context, level 1). */
export interface TraceParent {
  readonly traceId: string;
  readonly spanId: string;
  readonly isSampled: boolean;
}

const pattern = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const onlyZeros = /^0+$/;

/** Undefined for what is no such header, as the recommendation wants it: the request begins a trace of its own then. */
export function parseTraceParent(header: string | string[] | undefined): TraceParent | undefined {
  if (typeof header !== "string" || header.length > 512) return undefined;
  const [, traceId = "", spanId = "", flags = "", more] = pattern.exec(header) ?? [];
  if (onlyZeros.test(traceId) || onlyZeros.test(spanId) || traceId === "") return undefined;
  // Only later versions have more.
  if (more !== undefined && header.startsWith("00")) return undefined;
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

export const formatTraceParent = ({ traceId, spanId, isSampled }: TraceParent): string =>
  `00-${traceId}-${spanId}-${isSampled ? "01" : "00"}`;
