import { createHash } from "node:crypto";
import { compareObjectKeys } from "../objectKey.ts";
import { S3Refusal } from "./s3Answer.ts";
import { type Checksum, type ChecksumAlgorithm, compositeOf } from "./s3Checksums.ts";
import type { S3Content } from "./s3Request.ts";

export interface S3Object {
  readonly bytes: Uint8Array;
  readonly etag: string;
  readonly checksum: Checksum | undefined;
  /** `x-amz-meta-…` and `x-amz-server-side-encryption…`, given back as they came. */
  readonly keptHeaders: Readonly<Record<string, string>>;
  readonly modifiedAtMs: number;
}

export interface S3Conditions {
  readonly ifMatch: string | undefined;
  readonly ifNoneMatch: string | undefined;
}

interface MultipartUpload {
  readonly key: string;
  readonly keptHeaders: Readonly<Record<string, string>>;
  readonly algorithm: ChecksumAlgorithm | undefined;
  readonly parts: Map<number, S3Part>;
  readonly initiatedAtMs: number;
}

export interface S3Part extends S3Content {
  readonly etag: string;
  readonly modifiedAtMs: number;
}

/** What a client says at the end of its upload in parts. */
export interface NamedPart {
  readonly number: number;
  readonly etag: string;
}

const partBytesMin = 5 * 1024 * 1024;

const md5 = (bytes: Uint8Array): Buffer => createHash("md5").update(bytes).digest();

/** The objects of one bucket, in memory, and the uploads that have not ended. */
export class S3Bucket {
  readonly #objects = new Map<string, S3Object>();
  readonly #uploads = new Map<string, MultipartUpload>();
  readonly #history: (readonly string[])[] = [];
  readonly #nowMs: () => number;
  #uploadCount = 0;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Uploads in parts that were neither completed nor aborted. */
  get openUploadCount(): number {
    return this.#uploads.size;
  }

  find(key: string): S3Object {
    const object = this.#objects.get(key);
    if (object === undefined) throw new S3Refusal(404, "NoSuchKey");
    return object;
  }

  /** @param changesAgo as it was before the latest so many changes */
  keys(changesAgo = 0): readonly string[] {
    const keys = changesAgo === 0 ? [...this.#objects.keys()] : (this.#history.at(-changesAgo) ?? []);
    return keys.filter((key) => this.#objects.has(key)).toSorted(compareObjectKeys);
  }

  put(
    key: string,
    { bytes, checksum }: S3Content,
    { keptHeaders, conditions }: { keptHeaders: Readonly<Record<string, string>>; conditions: S3Conditions },
  ): S3Object {
    this.#check(key, conditions);
    return this.#store(key, { bytes, checksum, keptHeaders, etag: `"${md5(bytes).toString("hex")}"` });
  }

  delete(key: string): void {
    this.#remember();
    this.#objects.delete(key);
  }

  createUpload(upload: Omit<MultipartUpload, "parts" | "initiatedAtMs">): string {
    const id = `upload-${++this.#uploadCount}`;
    this.#uploads.set(id, { ...upload, parts: new Map(), initiatedAtMs: this.#nowMs() });
    return id;
  }

  /** By their keys, those of one key by their beginning. */
  uploads(): readonly { readonly id: string; readonly key: string; readonly initiatedAtMs: number }[] {
    const all = [...this.#uploads].map(([id, { key, initiatedAtMs }]) => ({ id, key, initiatedAtMs }));
    return all.toSorted((a, b) => compareObjectKeys(a.key, b.key));
  }

  parts(id: string): readonly (S3Part & { readonly number: number })[] {
    const all = [...this.#upload(id).parts].map(([number, part]) => ({ ...part, number }));
    return all.toSorted((a, b) => a.number - b.number);
  }

  putPart(id: string, number: number, content: S3Content): string {
    const upload = this.#upload(id);
    if (!(number >= 1 && number <= 10_000)) throw new S3Refusal(400, "InvalidArgument");
    const { algorithm } = upload;
    if (algorithm !== undefined && content.checksum?.algorithm !== algorithm) {
      throw new S3Refusal(400, "InvalidRequest", `parts of this upload have a ${algorithm}`);
    }
    const etag = `"${md5(content.bytes).toString("hex")}"`;
    upload.parts.set(number, { ...content, etag, modifiedAtMs: this.#nowMs() });
    return etag;
  }

  completeUpload(id: string, named: readonly NamedPart[], conditions: S3Conditions): S3Object {
    const { key, parts, keptHeaders, algorithm } = this.#upload(id);
    const chosen = named.map(({ number, etag }, index) => {
      const part = parts.get(number);
      if (part === undefined || part.etag !== etag) throw new S3Refusal(400, "InvalidPart");
      if (index > 0 && number <= (named[index - 1]?.number ?? 0))
        throw new S3Refusal(400, "InvalidPartOrder");
      if (index < named.length - 1 && part.bytes.length < partBytesMin) {
        throw new S3Refusal(400, "EntityTooSmall");
      }
      return part;
    });
    if (chosen.length === 0) throw new S3Refusal(400, "MalformedXML");
    this.#check(key, conditions);
    this.#uploads.delete(id);
    const checksums = chosen.flatMap((part) => part.checksum ?? []);
    const etags = Buffer.concat(chosen.map((part) => Buffer.from(part.etag.slice(1, -1), "hex")));
    return this.#store(key, {
      bytes: Buffer.concat(chosen.map((part) => part.bytes)),
      checksum: algorithm && compositeOf(algorithm, checksums),
      keptHeaders,
      etag: `"${md5(etags).toString("hex")}-${chosen.length}"`,
    });
  }

  abortUpload(id: string): void {
    this.#upload(id);
    this.#uploads.delete(id);
  }

  #upload(id: string): MultipartUpload {
    const upload = this.#uploads.get(id);
    if (upload === undefined) throw new S3Refusal(404, "NoSuchUpload");
    return upload;
  }

  #check(key: string, { ifMatch, ifNoneMatch }: S3Conditions): void {
    const etag = this.#objects.get(key)?.etag;
    if (ifNoneMatch !== undefined && ifNoneMatch !== "*") throw new S3Refusal(501, "NotImplemented");
    if (ifNoneMatch === "*" && etag !== undefined) throw new S3Refusal(412, "PreconditionFailed");
    if (ifMatch === undefined) return;
    if (etag === undefined) throw new S3Refusal(404, "NoSuchKey");
    if (ifMatch !== "*" && ifMatch !== etag) throw new S3Refusal(412, "PreconditionFailed");
  }

  #store(key: string, object: Omit<S3Object, "modifiedAtMs">): S3Object {
    this.#remember();
    const stored = { ...object, modifiedAtMs: this.#nowMs() };
    this.#objects.set(key, stored);
    return stored;
  }

  #remember(): void {
    this.#history.push([...this.#objects.keys()]);
    if (this.#history.length > 16) this.#history.shift();
  }
}
