import { createHash } from "node:crypto";
import {
  type CollectionId,
  type DocumentId,
  idFromBytes,
  idToBytes,
  invalidArgument,
  isPlainObject,
  type JsonObject,
} from "@akidb/base";

/** What a cursor belongs to. */
export interface ScrollScope {
  readonly collectionId: CollectionId;
  readonly filter: JsonObject | undefined;
}

const cursorVersion = 1;
const idBytes = 16;
const sealBytes = 8;

/**
 * The last id of a page in base64url, behind a version and before a seal: a hash of id and scope, so that a cursor of another
 * collection or filter, or one that was cut or changed, is told from a good one. It is no secret, and opens nothing.
 */
export const encodeScrollCursor = (after: DocumentId, scope: ScrollScope): string =>
  Buffer.concat([Buffer.of(cursorVersion), idToBytes(after), sealOf(after, scope)]).toString("base64url");

/** @throws AkiDbError `invalid_argument` */
export function decodeScrollCursor(cursor: string, scope: ScrollScope): DocumentId {
  const bytes = typeof cursor === "string" ? Buffer.from(cursor, "base64url") : Buffer.alloc(0);
  // Buffer skips what is not base64; only the way back shows it.
  const isCursor = bytes.length === 1 + idBytes + sealBytes && bytes.toString("base64url") === cursor;
  if (!isCursor || bytes[0] !== cursorVersion) {
    throw invalidArgument("cursor", "is no cursor of a scroll; give `next_cursor` of the page before");
  }
  const after = idFromBytes<"document">(bytes.subarray(1, 1 + idBytes));
  if (sealOf(after, scope).equals(bytes.subarray(1 + idBytes))) return after;
  throw invalidArgument("cursor", "is of another collection or filter; every page of a scroll has the same");
}

function sealOf(after: DocumentId, { collectionId, filter = {} }: ScrollScope): Buffer {
  const hash = createHash("sha256").update(`${collectionId} ${after} ${JSON.stringify(sorted(filter))}`);
  return hash.digest().subarray(0, sealBytes);
}

/** The same for filters that differ in the order of their keys alone. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isPlainObject(value)) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.map(([key, each]) => [key, sorted(each)]);
}
