import { AkiDbError, type FieldViolation, type UpsertItem } from "@akidb/base";

export const failedItem = ({ code, message, violations }: AkiDbError): UpsertItem => ({
  ok: false,
  code,
  detail: message,
  violations,
});

/** The error of one document as the whole batch's: paths start at the batch. */
export function atPosition(error: AkiDbError, index: number): AkiDbError {
  const position = `documents[${index}]`;
  const violations: readonly FieldViolation[] =
    error.violations.length === 0
      ? [{ path: position, detail: error.message }]
      : error.violations.map(({ path, detail }) => ({ path: `${position}.${path}`, detail }));
  return new AkiDbError(error.code, `${position}: ${error.message}`, { violations });
}

/** The same for what must not be written and what must not be replaced: nobody learns which documents there are. */
export const outOfBounds = (): AkiDbError =>
  new AkiDbError("permission_denied", "the document is none of those that the API key's filter passes");
