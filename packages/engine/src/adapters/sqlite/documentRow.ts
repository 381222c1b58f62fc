import { type DocumentId, idToBytes } from "@akidb/base";
import { crc32c } from "@node-rs/crc32";
import type { ResolvedDocument } from "../../collection/mutation.ts";
import type { DocumentColumns, StateColumns } from "./documentStatements.ts";

/** Key, id, two times, version, three lengths: then the expiry, where there is one, and the strings in UTF-8. */
const headBytes = 8 + 16 + 8 + 8 + 4 + 3 * 4;
const expiryBytes = 8;
const absent = 0xffff_ffff;

const scratch = Buffer.alloc(64 * 1024);

/** CRC32C of everything that the row says; without an expiry the same as in version 1, which knew none. */
export function documentChecksum(key: number, document: ResolvedDocument): number {
  const { externalId, text, metadata, expiresAtMs } = document;
  const charactersMax = (externalId?.length ?? 0) + (text?.length ?? 0) + (metadata?.length ?? 0);
  // A UTF-16 code unit takes at most three bytes.
  const bytesMax = headBytes + expiryBytes + 3 * charactersMax;
  const bytes = bytesMax <= scratch.length ? scratch : Buffer.alloc(bytesMax);
  bytes.writeDoubleLE(key, 0);
  bytes.set(idToBytes(document.id), 8);
  bytes.writeDoubleLE(document.insertedAtMs, 24);
  bytes.writeDoubleLE(document.updatedAtMs, 32);
  bytes.writeUInt32LE(document.version, 40);
  let at = headBytes;
  if (expiresAtMs !== undefined) at = bytes.writeDoubleLE(expiresAtMs, at);
  const writeString = (string: string | undefined, lengthAt: number): void => {
    const length = string === undefined ? absent : bytes.write(string, at);
    bytes.writeUInt32LE(length, lengthAt);
    if (length !== absent) at += length;
  };
  writeString(externalId, 44);
  writeString(text, 48);
  writeString(metadata, 52);
  return crc32c(bytes.subarray(0, at));
}

/** @returns undefined where the row is not what was written */
export function decodeDocument(id: DocumentId, columns: DocumentColumns): ResolvedDocument | undefined {
  const [key, externalId, insertedAtMs, updatedAtMs, version, checksum, metadata, text, expiresAtMs] =
    columns;
  if (!isCount(key) || !isCount(version) || version > 0xffff_ffff) return undefined;
  if (typeof insertedAtMs !== "number" || typeof updatedAtMs !== "number") return undefined;
  if (expiresAtMs !== null && typeof expiresAtMs !== "number") return undefined;
  if (!isText(externalId) || !isText(metadata) || !isText(text)) return undefined;
  const document: ResolvedDocument = {
    id,
    externalId: externalId ?? undefined,
    text: text ?? undefined,
    metadata: metadata ?? undefined,
    insertedAtMs,
    updatedAtMs,
    version,
    expiresAtMs: expiresAtMs ?? undefined,
  };
  return checksum === documentChecksum(key, document) ? document : undefined;
}

export interface DocumentFileState {
  readonly appliedLsn: number;
  readonly nextKey: number;
  readonly documentCount: number;
}

export function stateChecksum({ appliedLsn, nextKey, documentCount }: DocumentFileState): number {
  const bytes = Buffer.from(Float64Array.of(appliedLsn, nextKey, documentCount).buffer);
  return crc32c(bytes);
}

/** @returns undefined where the row is not what was written */
export function decodeState(columns: StateColumns | undefined): DocumentFileState | undefined {
  if (columns === undefined) return undefined;
  const [appliedLsn, nextKey, documentCount, checksum] = columns;
  if (!isCount(appliedLsn) || !isCount(nextKey) || !isCount(documentCount)) return undefined;
  const state = { appliedLsn, nextKey, documentCount };
  return checksum === stateChecksum(state) ? state : undefined;
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

const isText = (value: unknown): value is string | null => value === null || typeof value === "string";
