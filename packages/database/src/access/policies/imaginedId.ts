import { assert, type Id, parseId } from "@akidb/base";

/** Of what does not exist (RFC 9562, 5.9). */
export function imaginedId<Any extends Id<string>>(): Any {
  const id = parseId("00000000-0000-0000-0000-000000000000");
  assert(id !== undefined, "the nil UUID is a UUID");
  return id as Any;
}
