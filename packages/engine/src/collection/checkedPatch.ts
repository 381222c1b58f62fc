import {
  type AkiDbError,
  type DocumentPatch,
  type FieldViolation,
  invalidArguments,
  isPlainObject,
  type JsonObject,
} from "@akidb/base";
import { checkExpiry, type Expiry } from "./expiry.ts";
import { findNonJson } from "./metadata.ts";
import { checkIfVersion } from "./versionCheck.ts";

/** A patch whose every field was found valid by itself; what it makes of its document is decided later. */
export interface CheckedPatch {
  /** An id or an external id. */
  readonly key: string;
  /** A copy out of the caller's reach; null: no metadata is left; undefined: they stay. */
  readonly metadata: JsonObject | null | undefined;
  /** Undefined: it stays. */
  readonly expiry: Expiry | undefined;
  readonly ifVersion: number | undefined;
}

/** Every bad field is named, with its path within the patch. */
export function checkPatch(input: DocumentPatch): CheckedPatch | AkiDbError {
  const violations: FieldViolation[] = [];
  const { id: key } = input;
  if (typeof key !== "string") {
    violations.push({ path: "id", detail: "must be a string: the document's id or external id" });
  }
  const metadata = checkMetadata(input.metadata, violations);
  const expiry = checkExpiry(input, { mayBeNull: true }, violations);
  const ifVersion = checkIfVersion(input.ifVersion, violations);
  if (metadata === undefined && expiry === undefined && violations.length === 0) {
    violations.push({ path: "", detail: "changes nothing; give metadata, ttl_seconds or expires_at" });
  }
  return violations.length > 0 ? invalidArguments(violations) : { key, metadata, expiry, ifVersion };
}

function checkMetadata(input: unknown, violations: FieldViolation[]): JsonObject | null | undefined {
  if (input === undefined || input === null) return input;
  const violation = isPlainObject(input)
    ? findNonJson(input, "metadata")
    : { path: "metadata", detail: "must be an object, or null" };
  if (violation === undefined) return JSON.parse(JSON.stringify(input)) as JsonObject;
  violations.push(violation);
  return undefined;
}
