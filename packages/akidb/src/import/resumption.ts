import { createHash } from "node:crypto";
import {
  type Chunking,
  type CreateCollectionInput,
  failedPrecondition,
  idFromBytes,
  UuidV7Generator,
} from "@akidb/base";
import type { Cli } from "../cli.ts";
import { isJsonObject, parseJson } from "../json/parseJson.ts";
import type { FieldMapping } from "./fieldMapping.ts";
import type { FileFormat } from "./fileFormat.ts";

/** What documents follow from: with any of it changed, an import is another one. */
export interface ResumableImport {
  readonly path: string;
  readonly format: FileFormat;
  readonly collection: CreateCollectionInput;
  readonly mapping: FieldMapping;
  readonly chunking?: Chunking | undefined;
  readonly keepStrings: boolean;
  readonly delimiter: string;
}

/** How far an import is; everything before it is written or rejected. */
export interface ResumePoint {
  readonly collectionId: string;
  readonly rows: number;
  readonly imported: number;
  readonly rejected: number;
  /** Of the file of rejected rows. */
  readonly rejectsBytes: number;
}

/** What an import keeps beside its file, so that it can go on after its process has ended anyhow. */
export interface Resumption {
  /** Where an earlier process came to; undefined where there was none. */
  readonly point: ResumePoint | undefined;
  /** The id of a row's document that has none: the same however often the row is sent, so that it is there once. */
  idOf(row: number): string;
  save(point: ResumePoint): Promise<void>;
  /** Leaves nothing to resume. */
  finish(): Promise<void>;
}

const formatVersion = 1;

export const resumePathOf = (path: string): string => `${path}.import.json`;

/** Rejects with `failed_precondition` where what was begun is not what is asked for now. */
export async function openResumption(cli: Cli, request: ResumableImport): Promise<Resumption> {
  const { files, clock, random } = cli;
  const path = resumePathOf(request.path);
  const source = await fingerprintOf(cli, request);
  const kept = files.exists(path) ? readState(files.readText(path)) : undefined;
  if (kept === "damaged") throw cannotResume(path, "is no state of an import that this version reads");
  if (kept !== undefined && kept.source !== source) {
    throw cannotResume(path, "is of an import of another file, or with other options");
  }
  const importId = kept?.importId ?? new UuidV7Generator(clock, random).next();
  return {
    point: kept?.point,
    idOf: (row) => idOfRow(importId, row),
    save: async (point) => {
      const writer = await files.createBinary(path);
      const state: State = { version: formatVersion, source, importId, point };
      await writer.write(new TextEncoder().encode(`${JSON.stringify(state)}\n`));
      await writer.commit();
    },
    finish: () => files.remove(path),
  };
}

interface State {
  readonly version: typeof formatVersion;
  readonly source: string;
  readonly importId: string;
  readonly point: ResumePoint;
}

function readState(text: string): State | "damaged" {
  const parsed = parseJson(text);
  const state = parsed.ok && isJsonObject(parsed.value) ? parsed.value : {};
  const point = isJsonObject(state["point"]) ? state["point"] : {};
  const counts = [point["rows"], point["imported"], point["rejected"], point["rejectsBytes"]];
  const isWhole =
    state["version"] === formatVersion &&
    typeof state["source"] === "string" &&
    typeof state["importId"] === "string" &&
    typeof point["collectionId"] === "string" &&
    counts.every((count) => Number.isSafeInteger(count) && Number(count) >= 0);
  return isWhole ? (state as unknown as State) : "damaged";
}

const cannotResume = (path: string, why: string) =>
  failedPrecondition(`${path} ${why}; remove it to import from the beginning`);

const sampleBytes = 1024 * 1024;

/** Of both ends and the length of the file: a whole one of a hundred gigabytes is not read for it; and of what is made of it. */
async function fingerprintOf({ files }: Cli, request: ResumableImport): Promise<string> {
  const { path, format, collection, mapping, chunking, keepStrings, delimiter } = request;
  const file = await files.openRandomAccess(path);
  try {
    const { byteLength } = file;
    const hash = createHash("sha256");
    const made = [format, collection, mapping, keepStrings, delimiter, byteLength];
    hash.update(JSON.stringify(chunking === undefined ? made : [...made, chunking]));
    hash.update(await file.read(0, Math.min(sampleBytes, byteLength)));
    hash.update(await file.read(Math.max(0, byteLength - sampleBytes), Math.min(sampleBytes, byteLength)));
    return hash.digest("hex");
  } finally {
    await file.close();
  }
}

/** A UUID of version 7 (RFC 9562): the time of the import, and a hash in place of what is random. */
function idOfRow(importId: string, row: number): string {
  const bytes = createHash("sha256").update(`${importId} ${row}`).digest().subarray(0, 16);
  bytes.set(Buffer.from(importId.replaceAll("-", "").slice(0, 12), "hex"));
  bytes[6] = 0x70 | (bytes[6]! & 0x0f);
  bytes[8] = 0x80 | (bytes[8]! & 0x3f);
  return idFromBytes(bytes);
}
