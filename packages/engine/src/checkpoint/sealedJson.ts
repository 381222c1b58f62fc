import { crc32c } from "@node-rs/crc32";

/** JSON for people to read, with a checksum of everything else in it as its last field, `crc32c`. */
export function encodeSealedJson(fields: object): Uint8Array {
  const text = JSON.stringify({ ...fields, crc32c: checksumOf(fields) }, undefined, 2);
  return new TextEncoder().encode(`${text}\n`);
}

/** @returns the fields without the checksum; undefined where they are not what was written */
export function decodeSealedJson(bytes: Uint8Array): object | undefined {
  const parsed = parseObject(bytes);
  if (parsed === undefined) return undefined;
  const { crc32c: checksum, ...fields } = parsed;
  return checksum === checksumOf(fields) ? fields : undefined;
}

function parseObject(bytes: Uint8Array): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return typeof parsed === "object" && parsed !== null ? { ...parsed } : undefined;
  } catch {
    return undefined;
  }
}

/** Of what is said, not of how it is spaced. */
const checksumOf = (fields: object): string => crc32c(JSON.stringify(fields)).toString(16).padStart(8, "0");
