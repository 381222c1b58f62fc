import { type FileHandle, open } from "node:fs/promises";
import { AkiDbError, type Deadline } from "@akidb/base";
import { crc32c } from "@node-rs/crc32";
import { DamagedObjectError } from "../damagedObjectError.ts";
import { BlockChecksums } from "../local/blockChecksums.ts";
import {
  decodeObjectFileFooter,
  encodeObjectFileFooter,
  type ObjectFileFooter,
  objectBlockBytes,
  objectFileFooterBytes,
  tableBytes,
} from "../local/objectFileFooter.ts";
import { translateFileError } from "../local/translateFileError.ts";
import type { ByteRange, ObjectInfo } from "../objectStore.ts";

/** Blocks that one read takes in. */
const blocksPerRead = 16;

export interface ObjectFileContent {
  readonly key: string;
  readonly etag: string;
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** Writes a file that does not exist yet, and syncs it; its name is not durable. */
export async function writeObjectFile(
  path: string,
  { key, etag, chunks }: ObjectFileContent,
): Promise<ObjectInfo> {
  const file = await open(path, "wx");
  try {
    const checksums = new BlockChecksums();
    let sizeBytes = 0;
    for await (const chunk of chunks) {
      checksums.add(chunk);
      sizeBytes += chunk.length;
      await writeAll(file, chunk);
    }
    const table = checksums.table();
    const footer = { sizeBytes, etag, blockBytes: objectBlockBytes, tableCrc: crc32c(table) };
    await writeAll(file, Buffer.concat([table, encodeObjectFileFooter(key, footer)]));
    await file.sync();
    const { mtimeMs } = await file.stat();
    return { key, sizeBytes, etag, modifiedAtMs: Math.floor(mtimeMs) };
  } finally {
    await file.close();
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += (await file.write(bytes, at)).bytesWritten;
}

/** An object's file, open for reading: it stays whole while another takes its name. */
export class ObjectFile implements AsyncDisposable {
  readonly info: ObjectInfo;
  readonly #file: FileHandle;
  readonly #footer: ObjectFileFooter;

  private constructor(file: FileHandle, info: ObjectInfo, footer: ObjectFileFooter) {
    this.#file = file;
    this.info = info;
    this.#footer = footer;
  }

  static async open(path: string, key: string): Promise<ObjectFile> {
    const file = await open(path, "r");
    try {
      const { size, mtimeMs } = await file.stat();
      const position = Math.max(0, size - objectFileFooterBytes);
      const tail = await readUpTo(file, Math.min(size, objectFileFooterBytes), position);
      const reading = decodeObjectFileFooter(key, tail, size);
      switch (reading.kind) {
        case "valid": {
          const { sizeBytes, etag } = reading.footer;
          const info = { key, sizeBytes, etag, modifiedAtMs: Math.floor(mtimeMs) };
          return new ObjectFile(file, info, reading.footer);
        }
        case "newer":
          throw new AkiDbError(
            "failed_precondition",
            `the object ${JSON.stringify(key)} was stored by a newer AkiDB (format ${reading.version})`,
          );
        case "damaged":
          throw new DamagedObjectError(key, reading.reason);
      }
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Yields only bytes whose block has its checksum; closes the file at the end. */
  async *read({ offset, length }: ByteRange, deadline?: Deadline): AsyncGenerator<Uint8Array, void, void> {
    const { key } = this.info;
    try {
      const { blockBytes, sizeBytes } = this.#footer;
      const table = await this.#table();
      const end = offset + length;
      const stride = blockBytes * blocksPerRead;
      for (let at = offset - (offset % blockBytes); at < end; at += stride) {
        deadline?.check();
        const wanted = Math.min(stride, sizeBytes - at, Math.ceil((end - at) / blockBytes) * blockBytes);
        const bytes = await readUpTo(this.#file, wanted, at);
        if (bytes.length < wanted) throw new DamagedObjectError(key, "its file has become shorter");
        for (let block = 0; block < wanted; block += blockBytes) {
          const index = (at + block) / blockBytes;
          if (crc32c(bytes.subarray(block, block + blockBytes)) !== table.getUint32(index * 4, true)) {
            throw new DamagedObjectError(key, `the checksum of its block ${index} differs`);
          }
        }
        yield bytes.subarray(Math.max(0, offset - at), Math.min(wanted, end - at));
      }
    } catch (error) {
      throw translateFileError(key, error);
    } finally {
      await this[Symbol.asyncDispose]();
    }
  }

  async #table(): Promise<DataView> {
    const bytes = await readUpTo(this.#file, tableBytes(this.#footer), this.#footer.sizeBytes);
    if (crc32c(bytes) !== this.#footer.tableCrc) {
      throw new DamagedObjectError(this.info.key, "the checksum of its table of blocks differs");
    }
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** May be called again. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close();
  }
}

/** Fewer bytes only at the end of the file. */
async function readUpTo(file: FileHandle, length: number, position: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}
