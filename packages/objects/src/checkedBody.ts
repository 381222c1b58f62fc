import { invalidArgument } from "@akidb/base";
import { crc32c } from "@node-rs/crc32";
import { objectLimits } from "./objectLimits.ts";
import type { ObjectBody, PutOptions } from "./objectStore.ts";

/**
 * The bytes of a body, none of them empty. It throws at the end unless they have the size and the checksum that the
 * caller gave: whoever stores them commits only after that.
 */
export async function* checkedBody(
  body: ObjectBody,
  { sizeBytes, crc32c: wantedCrc, deadline }: PutOptions,
): AsyncGenerator<Uint8Array, void, void> {
  let size = 0;
  let crc = 0;
  for await (const chunk of body instanceof Uint8Array ? [body] : body) {
    deadline?.check();
    if (chunk.length === 0) continue;
    size += chunk.length;
    if (size > (sizeBytes ?? objectLimits.objectBytesMax)) throw tooLong(sizeBytes);
    if (wantedCrc !== undefined) crc = crc32c(chunk, crc);
    yield chunk;
  }
  deadline?.check();
  if (sizeBytes !== undefined && size !== sizeBytes) {
    throw invalidArgument("body", `has ${size} bytes, not the ${sizeBytes} announced`);
  }
  if (wantedCrc !== undefined && crc !== wantedCrc) {
    throw invalidArgument("body", "has another CRC32C than announced");
  }
}

const tooLong = (sizeBytes: number | undefined) =>
  sizeBytes === undefined
    ? invalidArgument("body", `must have at most ${objectLimits.objectBytesMax} bytes`)
    : invalidArgument("body", `has more than the ${sizeBytes} bytes announced`);
