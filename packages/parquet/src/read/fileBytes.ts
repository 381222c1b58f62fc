import type { ByteSource } from "../byteSource.ts";
import { damaged, SourceFailure } from "./parquetFileError.ts";

/** @returns exactly these bytes; fewer are damage */
export async function readBytes(source: ByteSource, offset: number, length: number): Promise<Uint8Array> {
  const bytes = await source.read(offset, length).catch((cause: unknown) => {
    throw new SourceFailure("the source failed", { cause });
  });
  if (bytes.length !== length) throw damaged(`ends ${length - bytes.length} bytes too early`);
  return bytes;
}
