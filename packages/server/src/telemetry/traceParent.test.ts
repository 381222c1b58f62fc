import fc from "fast-check";
import { expect, test } from "vitest";
import { formatTraceParent, parseTraceParent } from "./traceParent.ts";

const traceId = "0af7651916cd43dd8448eb211c80319c";
const spanId = "b7ad6b7169203331";

test("a header is read as W3C has it, and written the same", () => {
  const header = `00-${traceId}-${spanId}-01`;
  expect(parseTraceParent(header)).toEqual({ traceId, spanId, isSampled: true });
  expect(formatTraceParent(parseTraceParent(header)!)).toBe(header);
  expect(parseTraceParent(`00-${traceId}-${spanId}-00`)?.isSampled).toBe(false);
  // Of a later version what is known counts.
  expect(parseTraceParent(`cc-${traceId}-${spanId}-01-what-the-future-holds`)).toMatchObject({ traceId });
});

test("what is no such header says nothing", () => {
  const others = [
    undefined,
    ["00", traceId],
    "",
    `ff-${traceId}-${spanId}-01`,
    `00-${traceId}-${spanId}-01-more`,
    `00-${traceId.toUpperCase()}-${spanId}-01`,
    `00-${"0".repeat(32)}-${spanId}-01`,
    `00-${traceId}-${"0".repeat(16)}-01`,
    `cc-${traceId}-${spanId}-01-${"x".repeat(512)}`,
  ];
  for (const header of others) expect(parseTraceParent(header)).toBeUndefined();
  fc.assert(fc.property(fc.string(), (text) => parseTraceParent(text) === undefined));
});
