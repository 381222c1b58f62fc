import { constants, createBrotliCompress, createBrotliDecompress, createGunzip, createGzip } from "node:zlib";

/** The codings of HTTP (RFC 9110, 8.4.1) that bodies come in and answers go out in; the one preferred comes first. */
export const contentCodings = ["br", "gzip"] as const;
export type ContentCoding = (typeof contentCodings)[number];

/** Of Brotli's eleven steps the last that costs about what gzip does. */
const brotliQuality = 4;

export const createEncoder = (coding: ContentCoding) =>
  coding === "gzip"
    ? createGzip()
    : createBrotliCompress({ params: { [constants.BROTLI_PARAM_QUALITY]: brotliQuality } });

export const createDecoder = (coding: ContentCoding) =>
  coding === "gzip" ? createGunzip() : createBrotliDecompress();

/**
 * What an `Accept-Encoding` likes best of ours (RFC 9110, 12.5.3); undefined where that is the bytes as they are. A header that
 * is absent or that cannot be read asks for nothing.
 */
export function preferredCoding(acceptEncoding: string | string[] | undefined): ContentCoding | undefined {
  if (acceptEncoding === undefined) return undefined;
  const weights = new Map<string, number>();
  for (const part of [acceptEncoding].flat().join(",").split(",")) {
    const [, name, weight = "1"] = /^\s*([\w*.-]+)\s*(?:;\s*q=([01](?:\.\d{0,3})?)\s*)?$/i.exec(part) ?? [];
    if (name !== undefined) weights.set(name.toLowerCase().replace(/^x-gzip$/, "gzip"), Number(weight));
  }
  const weightOf = (coding: string) => weights.get(coding) ?? weights.get("*") ?? 0;
  const identity = weights.get("identity") ?? 0;
  const [best] = contentCodings.toSorted((a, b) => weightOf(b) - weightOf(a));
  return best !== undefined && weightOf(best) > 0 && weightOf(best) >= identity ? best : undefined;
}
