import { AkiDbError, type FieldViolation, failedPrecondition } from "@akidb/base";
import type { ResolvedDocument } from "./mutation.ts";

/** @returns undefined where nothing is demanded, or with a violation added */
export function checkIfVersion(input: unknown, violations: FieldViolation[]): number | undefined {
  if (input === undefined) return undefined;
  if (typeof input === "number" && Number.isSafeInteger(input) && input >= 0) return input;
  const detail = "must be a whole number: a version of the document, or 0 where there must be none";
  violations.push({ path: "if_version", detail });
  return undefined;
}

/** @returns the refusal of a write that demands another version than there is */
export function versionMismatch(
  ifVersion: number | undefined,
  existing: ResolvedDocument | undefined,
): AkiDbError | undefined {
  if (ifVersion === undefined || ifVersion === (existing?.version ?? 0)) return undefined;
  const found = existing === undefined ? "the document does not exist" : `the version is ${existing.version}`;
  const refusal = failedPrecondition(`if_version is ${ifVersion}, and ${found}`);
  const violations = [{ path: "if_version", detail: `is ${ifVersion}, and ${found}` }];
  return new AkiDbError(refusal.code, refusal.message, { violations });
}
