import { crc32c } from "@node-rs/crc32";
import fc from "fast-check";
import { expect, it } from "vitest";
import { joinedChecksum } from "./joinedChecksum.ts";

it("is the checksum of the parts one after the other", () => {
  const parts = fc.array(fc.uint8Array({ maxLength: 3_000 }), { maxLength: 6 });
  fc.assert(
    fc.property(parts, (arrays) => {
      const joined = joinedChecksum(
        arrays.map((bytes) => ({ checksum: crc32c(bytes), bytes: bytes.length })),
      );
      expect(joined).toBe(crc32c(Buffer.concat(arrays)));
    }),
  );
});

it("knows long parts", () => {
  const long = Buffer.alloc(5_000_000, "akidb");
  const parts = [Buffer.from("head"), long, Buffer.alloc(0), long, Buffer.from("tail")];
  const joined = joinedChecksum(parts.map((bytes) => ({ checksum: crc32c(bytes), bytes: bytes.length })));
  expect(joined).toBe(crc32c(Buffer.concat(parts)));
});
