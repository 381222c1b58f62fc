import { createHash } from "node:crypto";
import { crc32, crc32c } from "@node-rs/crc32";
import { S3Refusal } from "./s3Answer.ts";

/** Of those that S3 knows, CRC64NVME is left out: it is refused, not ignored. */
export type ChecksumAlgorithm = "crc32" | "crc32c" | "sha1" | "sha256";

export interface Checksum {
  readonly algorithm: ChecksumAlgorithm;
  /** Base64; with `-` and the number of parts behind, where it is of their checksums. */
  readonly value: string;
}

const algorithms: Readonly<Record<ChecksumAlgorithm, (bytes: Uint8Array) => Buffer>> = {
  crc32: (bytes) => bigEndian(crc32(bytes)),
  crc32c: (bytes) => bigEndian(crc32c(bytes)),
  sha1: (bytes) => createHash("sha1").update(bytes).digest(),
  sha256: (bytes) => createHash("sha256").update(bytes).digest(),
};

export const isChecksumAlgorithm = (name: string): name is ChecksumAlgorithm =>
  Object.hasOwn(algorithms, name);

export const checksumOf = (algorithm: ChecksumAlgorithm, bytes: Uint8Array): Checksum => ({
  algorithm,
  value: algorithms[algorithm](bytes).toString("base64"),
});

export function compositeOf(algorithm: ChecksumAlgorithm, parts: readonly Checksum[]): Checksum {
  const joined = Buffer.concat(parts.map(({ value }) => Buffer.from(value, "base64")));
  return { algorithm, value: `${checksumOf(algorithm, joined).value}-${parts.length}` };
}

/**
 * Verifies what a client says of its body, in a header, a trailer or Content-MD5.
 *
 * @returns the checksum to be kept
 */
export function verifyChecksums(
  bytes: Uint8Array,
  headers: ReadonlyMap<string, string>,
): Checksum | undefined {
  const md5 = headers.get("content-md5");
  if (md5 !== undefined && createHash("md5").update(bytes).digest("base64") !== md5) {
    throw new S3Refusal(400, "BadDigest", "the Content-MD5 is another one");
  }
  let kept: Checksum | undefined;
  for (const [name, value] of headers) {
    const [, algorithm] = /^x-amz-checksum-(?!mode$|type$|algorithm$)(\w+)$/.exec(name) ?? [];
    if (algorithm === undefined) continue;
    if (!isChecksumAlgorithm(algorithm)) {
      throw new S3Refusal(501, "NotImplemented", `the checksum ${algorithm} is not known here`);
    }
    kept = checksumOf(algorithm, bytes);
    if (kept.value !== value) throw new S3Refusal(400, "BadDigest", `the ${algorithm} is another one`);
  }
  return kept;
}

function bigEndian(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
