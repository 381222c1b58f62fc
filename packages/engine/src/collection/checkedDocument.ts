import {
  type AkiDbError,
  type DocumentId,
  type DocumentInput,
  type FieldViolation,
  invalidArguments,
  limits,
  type Metric,
  parseId,
} from "@akidb/base";
import type { DeclaredField } from "../payload/declaredField.ts";
import { checkDeclaredFields } from "./checkDeclaredFields.ts";
import { checkExpiry, type Expiry } from "./expiry.ts";
import { encodeMetadata } from "./metadata.ts";
import { checkVector } from "./vectorCheck.ts";
import { checkIfVersion } from "./versionCheck.ts";

/** A document whose every field was found valid by itself; whether it fits the others is decided later. */
export interface CheckedDocument {
  readonly id: DocumentId | undefined;
  readonly externalId: string | undefined;
  readonly vector: Float32Array;
  readonly text: string | undefined;
  readonly metadata: string | undefined;
  readonly expiry: Expiry;
  /** The version that the document must have now, 0 for none; undefined: any. */
  readonly ifVersion: number | undefined;
  /** Of its strings, in UTF-8. */
  readonly stringBytes: number;
}

export interface DocumentRules {
  readonly dimension: number;
  readonly metric: Metric;
  readonly metadataBytesMax: number;
  /** None if absent. */
  readonly declaredFields?: readonly DeclaredField[];
}

/** Every bad field is named, with its path within the document. */
export function checkDocument(input: DocumentInput, rules: DocumentRules): CheckedDocument | AkiDbError {
  const violations: FieldViolation[] = [];
  const id = checkId(input.id, violations);
  const externalId = checkString("external_id", input.externalId, limits.externalIdBytesMax, violations);
  if (externalId === "") violations.push({ path: "external_id", detail: "is empty; leave it out instead" });
  const text = checkString("text", input.text, limits.textBytesMax, violations);
  const metadata = encodeMetadata(input.metadata, rules.metadataBytesMax, violations);
  if (metadata !== undefined) checkDeclaredFields(input.metadata!, rules.declaredFields ?? [], violations);
  const expiry = checkExpiry(input, { mayBeNull: false }, violations) ?? { kind: "never" };
  const ifVersion = checkIfVersion(input.ifVersion, violations);
  const vector = checkVector(input.vector, rules, "vector", violations);
  if (vector === undefined || violations.length > 0) return invalidArguments(violations);
  const stringBytes = [externalId, text, metadata].reduce(
    (sum, part) => sum + (part === undefined ? 0 : Buffer.byteLength(part)),
    0,
  );
  return { id, externalId, vector, text, metadata, expiry, ifVersion, stringBytes };
}

function checkId(id: unknown, violations: FieldViolation[]): DocumentId | undefined {
  if (id === undefined) return undefined;
  const parsed = typeof id === "string" ? parseId<"document">(id) : undefined;
  if (parsed === undefined) {
    violations.push({ path: "id", detail: "must be a UUID; a name of your own goes into external_id" });
  }
  return parsed;
}

function checkString(
  path: string,
  value: unknown,
  bytesMax: number,
  violations: FieldViolation[],
): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== "string") {
    violations.push({ path, detail: "must be a string" });
    return undefined;
  }
  const bytes = Buffer.byteLength(value);
  if (bytes > bytesMax) {
    violations.push({ path, detail: `has ${bytes} bytes in UTF-8; at most ${bytesMax} are allowed` });
  } else if (!value.isWellFormed()) {
    // UTF-8 cannot carry it, so it would come back changed.
    violations.push({ path, detail: "has half of a surrogate pair, which is no character" });
  }
  return value;
}
