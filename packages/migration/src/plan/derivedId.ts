import { createHash } from "node:crypto";
import { type Id, idFromBytes } from "@akidb/base";

/**
 * The UUID v7 of what a thing of 1.x becomes: its time is that of its making there, and its randomness a hash of what it is.
 * So a second run finds what the first one made, and lists are in the order of 1.x.
 *
 * @param name what tells it from all others of its kind
 */
export function derivedId<Kind extends string>(
  kind: string,
  createdAt: string,
  name: readonly string[],
): Id<Kind> {
  const hash = createHash("sha256")
    .update(JSON.stringify(["akidb 1.x", kind, ...name]))
    .digest();
  const bytes = new Uint8Array(hash.subarray(0, 16));
  const view = new DataView(bytes.buffer);
  // A UUID has no time before 1970.
  const ms = Math.max(0, Date.parse(createdAt));
  view.setUint32(0, Math.floor(ms / 2 ** 16));
  view.setUint16(4, ms % 2 ** 16);
  bytes[6] = 0x70 | (bytes[6]! & 0x0f);
  bytes[8] = 0x80 | (bytes[8]! & 0x3f);
  return idFromBytes<Kind>(bytes);
}
