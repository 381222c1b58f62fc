import { S3Refusal } from "./s3Answer.ts";

export interface ChunkedBody {
  readonly bytes: Uint8Array;
  readonly trailers: ReadonlyMap<string, string>;
}

/**
 * `aws-chunked`: `<length in hex>[;chunk-signature=…]\r\n<bytes>\r\n`, again and again, a chunk of length 0, trailing
 * headers, an empty line.
 */
export function decodeAwsChunked(encoded: Buffer, decodedBytes: number): ChunkedBody {
  const chunks: Buffer[] = [];
  let at = 0;
  for (;;) {
    const lineEnd = encoded.indexOf("\r\n", at);
    if (lineEnd < 0) throw incomplete();
    const length = Number.parseInt(encoded.toString("latin1", at, lineEnd).split(";", 1)[0] ?? "", 16);
    at = lineEnd + 2;
    if (!(length >= 0) || at + length > encoded.length) throw incomplete();
    if (length === 0) break;
    chunks.push(encoded.subarray(at, at + length));
    at += length;
    if (encoded.toString("latin1", at, at + 2) !== "\r\n") throw incomplete();
    at += 2;
  }
  const lines = encoded.toString("latin1", at).split("\r\n");
  const trailers = lines.filter((line) => line.includes(":")).map((line) => line.split(/:(.*)/, 2));
  const bytes = Buffer.concat(chunks);
  if (bytes.length !== decodedBytes) throw incomplete();
  return {
    bytes,
    trailers: new Map(trailers.map(([name = "", value = ""]) => [name.trim().toLowerCase(), value.trim()])),
  };
}

const incomplete = () => new S3Refusal(400, "IncompleteBody", "the body is not as aws-chunked has it");
