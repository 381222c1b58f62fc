import type { Random } from "../random.ts";

/** The operating system's generator: fit for secrets. */
export const systemRandom: Random = {
  fill: (bytes) => {
    // getRandomValues refuses more than 64 KiB at once.
    for (let at = 0; at < bytes.length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
    return bytes;
  },
};
