import { type FileMetaData, parquetMetadata } from "hyparquet";
import type { ByteSource } from "../byteSource.ts";
import { readBytes } from "./fileBytes.ts";
import { damaged, unsupported } from "./parquetFileError.ts";
import { cutShort, walkThriftStruct } from "./thriftWalk.ts";

const magic = "PAR1";
const encryptedMagic = "PARE";
/** Length of the metadata and the magic bytes. */
const tailBytes = 8;
/** A hundred columns in ten thousand row groups have about this much. */
const footerBytesMax = 64 * 1024 * 1024;

export interface Footer {
  readonly metadata: FileMetaData;
  /** Where the footer begins: all pages are before. */
  readonly dataEnd: number;
}

export async function readFooter(source: ByteSource): Promise<Footer> {
  if (source.byteLength < magic.length + tailBytes) {
    throw damaged(`has ${source.byteLength} bytes; a Parquet file has at least ${magic.length + tailBytes}`);
  }
  const tail = await readBytes(source, source.byteLength - tailBytes, tailBytes);
  const ending = latin1(tail.subarray(4));
  if (ending === encryptedMagic) throw unsupported("is encrypted");
  if (ending !== magic) throw damaged(`does not end with ${magic}: cut off, or no Parquet file`);
  const head = latin1(await readBytes(source, 0, magic.length));
  if (head !== magic) throw damaged(`does not begin with ${magic}`);
  const length = new DataView(tail.buffer, tail.byteOffset).getUint32(0, true);
  const dataEnd = source.byteLength - tailBytes - length;
  if (dataEnd < magic.length) throw damaged(`says that its footer has ${length} bytes, more than the file`);
  if (length > footerBytesMax)
    throw unsupported(`has a footer of ${length} bytes; at most ${footerBytesMax} are read`);
  return { metadata: parseFooter(await readBytes(source, dataEnd, length + tailBytes)), dataEnd };
}

function parseFooter(bytes: Uint8Array): FileMetaData {
  if (walkThriftStruct(bytes.subarray(0, bytes.length - tailBytes)) === cutShort) {
    throw damaged("has a footer that is cut short");
  }
  try {
    return parquetMetadata(bytes, { geoparquet: false });
  } catch {
    throw damaged("has a footer that cannot be decoded");
  }
}

const latin1 = (bytes: Uint8Array): string => String.fromCharCode(...bytes);
