import { limits } from "@akidb/base";
import { DamagedFileError } from "../damagedFileError.ts";
import type { DiskFile } from "../disk/disk.ts";
import {
  isReadableRecordVersion,
  paddedRecordBytes,
  readRecordHeader,
  recordChecksumHolds,
  recordHeaderBytes,
  type WalRecord,
} from "./recordFormat.ts";
import { segmentHeaderBytes } from "./segmentHeader.ts";

const windowBytes = 4 * 1024 * 1024;

export type WindowReading = ({ readonly kind: "record" } & WalRecord) | { readonly kind: "bad" | "end" };

/** Reads records one after the other through a window of the file. */
export class RecordWindow {
  /** Of the next record in the file. */
  position = segmentHeaderBytes;
  /** All bytes of the record that was read last, as they are in the file; a view, valid until the next one is read. */
  lastRecord: Uint8Array = new Uint8Array();
  readonly #file: DiskFile;
  readonly #fileBytes: number;
  #window: Uint8Array;
  /** The window holds file bytes [#start, #start + #filled). */
  #start = segmentHeaderBytes;
  #filled = 0;

  constructor(file: DiskFile, fileBytes: number) {
    this.#file = file;
    this.#fileBytes = fileBytes;
    this.#window = new Uint8Array(Math.min(windowBytes, fileBytes));
  }

  /** After `bad` or `end`, the position stays and nothing more is to be asked. */
  async next(salt: number): Promise<WindowReading> {
    if (this.position === this.#fileBytes) return { kind: "end" };
    if (!(await this.#hold(recordHeaderBytes))) return { kind: "bad" };
    const { payloadBytes, ...header } = readRecordHeader(this.#fromPosition());
    if (payloadBytes > limits.walRecordBytesMax) return { kind: "bad" };
    const recordBytes = paddedRecordBytes(payloadBytes);
    if (!(await this.#hold(recordBytes))) return { kind: "bad" };
    const bytes = this.#fromPosition();
    if (!recordChecksumHolds(bytes, payloadBytes, salt)) return { kind: "bad" };
    this.position += recordBytes;
    this.lastRecord = bytes.subarray(0, recordBytes);
    const payload = bytes.subarray(recordHeaderBytes, recordHeaderBytes + payloadBytes);
    return { kind: "record", ...header, payload };
  }

  #fromPosition(): Uint8Array {
    return this.#window.subarray(this.position - this.#start, this.#filled);
  }

  /** @returns false where the file ends before */
  async #hold(bytes: number): Promise<boolean> {
    if (this.position + bytes > this.#fileBytes) return false;
    if (this.position + bytes <= this.#start + this.#filled) return true;
    const rest = this.#fromPosition();
    const target = bytes > this.#window.length ? new Uint8Array(bytes) : this.#window;
    // Records start at multiples of 8 in the file, and so in a window that starts with one.
    target.set(rest);
    this.#window = target;
    this.#start = this.position;
    this.#filled = rest.length;
    this.#filled += await this.#file.read(target.subarray(this.#filled), this.#start + this.#filled);
    return this.#filled >= bytes;
  }
}

/** @throws DamagedFileError where it was written by a newer version, or is not the one that belongs here */
export function requireExpected(record: WalRecord, expectedLsn: number, file: string): void {
  if (!isReadableRecordVersion(record.version)) {
    throw new DamagedFileError(file, `has a record in format ${record.version}, written by a newer AkiDB`);
  }
  if (record.lsn !== expectedLsn) {
    throw new DamagedFileError(file, `has LSN ${record.lsn} where ${expectedLsn} belongs`);
  }
}
