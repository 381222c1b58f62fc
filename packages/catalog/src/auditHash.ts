import { createHash } from "node:crypto";
import { idToBytes, type UserId } from "@akidb/base";

/** What the hash of an entry covers, as it is stored: all but the name of the user, whose hash stands for it. */
export interface HashedAuditFields {
  readonly sequence: number;
  /** 16 bytes. */
  readonly id: Uint8Array;
  /** 16 bytes. */
  readonly tenantId: Uint8Array;
  readonly userHash: Uint8Array | null;
  readonly action: string;
  readonly resourceType: string;
  readonly resourceId: string;
  readonly result: string;
  readonly reason: string | null;
  /** The JSON text to the letter, so that no two writings of the same JSON need to be equal. */
  readonly metadata: string;
  readonly ipAddress: string | null;
  readonly userAgent: string | null;
  readonly createdAt: string;
}

/** A change of what follows needs another one, and the hashes of before keep the old. */
const domain = "akidb audit entry 1\0";

/**
 * SHA-256 of the domain, the hash before, and the fields in the order above. Each field is written as one byte (0 for
 * null, else 1), its length as a big-endian u32, and its bytes, so no two entries have the same encoding.
 *
 * @param previousHash 32 bytes
 * @returns 32 bytes
 */
export function hashAuditEntry(previousHash: Uint8Array, fields: HashedAuditFields): Uint8Array {
  const hash = createHash("sha256").update(domain).update(previousHash);
  const parts = [
    String(fields.sequence),
    fields.id,
    fields.tenantId,
    fields.userHash,
    fields.action,
    fields.resourceType,
    fields.resourceId,
    fields.result,
    fields.reason,
    fields.metadata,
    fields.ipAddress,
    fields.userAgent,
    fields.createdAt,
  ];
  for (const part of parts) {
    const bytes = typeof part === "string" ? Buffer.from(part) : part;
    const header = Buffer.alloc(5);
    header.writeUInt8(bytes === null ? 0 : 1, 0);
    header.writeUInt32BE(bytes?.length ?? 0, 1);
    hash.update(header);
    if (bytes !== null) hash.update(bytes);
  }
  return hash.digest();
}

/**
 * Without salt: an identifier has 74 random bits, which nobody finds again from the hash, and what one user did stays
 * together when the user has gone.
 */
export const hashUserId = (id: UserId | Uint8Array): Uint8Array =>
  createHash("sha256")
    .update("akidb user\0")
    .update(typeof id === "string" ? idToBytes(id) : id)
    .digest();
