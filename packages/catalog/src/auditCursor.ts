import { invalidArgument } from "@akidb/base";

/** Where a page of the audit log ended. Time and sequence rise together, so both cut at the same place. */
export interface AuditCursor {
  readonly sequence: number;
  readonly createdAtMs: number;
}

export function encodeAuditCursor({ sequence, createdAtMs }: AuditCursor): string {
  const bytes = Buffer.alloc(16);
  bytes.writeBigUInt64BE(BigInt(sequence), 0);
  bytes.writeBigUInt64BE(BigInt(createdAtMs), 8);
  return bytes.toString("base64url");
}

/** Of a `Date`. */
const timeMsMax = 8_640_000_000_000_000n;

/** @throws `invalid_argument` for `cursor` */
export function decodeAuditCursor(cursor: string): AuditCursor {
  const bytes = Buffer.from(cursor, "base64url");
  // Buffer skips what is not base64; only the way back shows it.
  if (bytes.length === 16 && bytes.toString("base64url") === cursor) {
    const [sequence, createdAtMs] = [bytes.readBigUInt64BE(0), bytes.readBigUInt64BE(8)];
    if (sequence <= BigInt(Number.MAX_SAFE_INTEGER) && createdAtMs <= timeMsMax) {
      return { sequence: Number(sequence), createdAtMs: Number(createdAtMs) };
    }
  }
  throw invalidArgument("cursor", "is none of this list; give `nextCursor` of the page before");
}
