import { type AkiDbError, failedPrecondition } from "@akidb/base";
import type { PutOptions } from "./objectStore.ts";

type Conditions = Pick<PutOptions, "ifMatch" | "ifNoneMatch">;

/** @param etag of the object that has the key now; undefined where none has */
export function checkConditions(
  key: string,
  { ifMatch, ifNoneMatch }: Conditions,
  etag: string | undefined,
): void {
  const holds =
    (ifNoneMatch === undefined || etag === undefined) && (ifMatch === undefined || etag === ifMatch);
  if (!holds) throw conditionFailed(key, { ifMatch, ifNoneMatch } as Conditions);
}

export const conditionFailed = (key: string, { ifNoneMatch }: Conditions): AkiDbError =>
  failedPrecondition(
    ifNoneMatch === undefined
      ? `the object ${JSON.stringify(key)} is not the one with the given etag any more`
      : `the object ${JSON.stringify(key)} exists already`,
  );
