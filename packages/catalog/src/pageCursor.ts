import { type Id, idFromBytes, idToBytes, invalidArgument, limits, type PageRequest } from "@akidb/base";

/** Pages are cut by id, which is also the order of creation; a cursor is the last id seen, in base64url. */
export const encodeCursor = (id: Id<string>): string => Buffer.from(idToBytes(id)).toString("base64url");

function decodeCursor<Kind extends string>(cursor: string): Id<Kind> {
  const bytes = Buffer.from(cursor, "base64url");
  // Buffer skips what is not base64; only the way back shows it.
  if (bytes.length !== 16 || bytes.toString("base64url") !== cursor) {
    throw invalidArgument("cursor", "is none of this list; give `nextCursor` of the page before");
  }
  return idFromBytes(bytes);
}

/** @throws `invalid_argument` for `limit` and `cursor` */
export function checkPageRequest<Kind extends string>(
  page: PageRequest,
): {
  readonly limit: number;
  readonly after: Id<Kind> | undefined;
} {
  const limit = checkPageLimit(page.limit);
  return { limit, after: page.cursor === undefined ? undefined : decodeCursor(page.cursor) };
}

/** @throws `invalid_argument` for `limit` */
export function checkPageLimit(limit: number = limits.pageSizeDefault): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= limits.pageSizeMax) return limit;
  throw invalidArgument("limit", `must be an integer from 1 to ${limits.pageSizeMax}`);
}
