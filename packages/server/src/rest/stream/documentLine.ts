import { type DocumentInput, invalidArguments, limits, quotaExceeded, type StreamLine } from "@akidb/base";
import { type DocumentBody, documentInputFromWire } from "@akidb/protocol";
import { parseJson } from "../parseJson.ts";
import { type SchemaError, schemaViolation } from "../schemaViolation.ts";

/** A compiled schema, as Fastify gives it. */
export interface Validate {
  (value: unknown): unknown;
  readonly errors?: readonly SchemaError[] | null;
}

/**
 * @param validate of the schema of a document
 * @returns undefined for a blank line
 * @throws AkiDbError
 */
export function readDocumentLine(line: StreamLine, validate: Validate): DocumentInput | undefined {
  if (line.kind === "too long") throw quotaExceeded(`the line is longer than ${limits.lineBytesMax} bytes`);
  if (line.bytes.every(isSpace)) return undefined;
  const value = parseJson(line.bytes);
  if (validate(value) !== true) throw invalidArguments([schemaViolation(validate.errors ?? [])]);
  return documentInputFromWire(value as DocumentBody, "");
}

const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x09 || byte === 0x0d;
