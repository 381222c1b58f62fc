import { AkiDbError } from "@akidb/base";
import type { GetObjectCommandOutput } from "@aws-sdk/client-s3";
import { conditionFailed } from "../conditions.ts";
import { DamagedObjectError } from "../damagedObjectError.ts";
import { checkRangeWithin, rangeOutside } from "../objectRequest.ts";
import type { ByteRange, GetOptions, ObjectInfo, ObjectReading } from "../objectStore.ts";
import { ChecksumVerifier, type StoredChecksum } from "./s3Checksum.ts";
import { partBytesName } from "./s3Metadata.ts";
import { request, type S3Call, type S3Session } from "./s3Session.ts";
import { ConditionFailedError, cutShort, translateS3Error } from "./translateS3Error.ts";

interface Download extends S3Call {
  readonly key: string;
  readonly options: GetOptions;
}

/** An answer whose first bytes have arrived. */
interface OpenBody {
  readonly info: ObjectInfo;
  readonly checksum: StoredChecksum | undefined;
  readonly firstChunk: Uint8Array | undefined;
  readonly chunks: AsyncIterator<Uint8Array>;
  destroy(): void;
}

/** A body that the network cuts is continued where it broke off, on the same object or not at all. */
export async function downloadObject(
  session: S3Session,
  key: string,
  options: GetOptions,
): Promise<ObjectReading> {
  const download: Download = {
    key,
    options,
    operation: "get",
    what: `the object ${JSON.stringify(key)}`,
    deadline: options.deadline,
  };
  const first = await openBody(session, download, options.range, options.ifMatch);
  const { info } = first;
  const range = options.range ?? { offset: 0, length: info.sizeBytes };
  try {
    checkRangeWithin(range, info.sizeBytes);
  } catch (error) {
    first.destroy();
    throw error;
  }
  let current = first;
  const reopen = async (rest: ByteRange): Promise<OpenBody> => {
    current.destroy();
    current = await openBody(session, download, rest, info.etag);
    return current;
  };
  const body = readOn(download, { first, range, reopen });
  return { info, body, [Symbol.asyncDispose]: async () => current.destroy() };
}

interface Continuation {
  readonly first: OpenBody;
  readonly range: ByteRange;
  readonly reopen: (rest: ByteRange) => Promise<OpenBody>;
}

async function* readOn(
  { key, deadline, what, options }: Download,
  { first, range, reopen }: Continuation,
): AsyncGenerator<Uint8Array, void, void> {
  const end = range.offset + range.length;
  // Only the whole has a checksum.
  const verifier = options.range === undefined ? ChecksumVerifier.of(first.checksum) : undefined;
  let at = range.offset;
  let open = first;
  try {
    while (at < end) {
      try {
        let chunk = open.firstChunk;
        while (chunk !== undefined) {
          if (at + chunk.length > end) throw new DamagedObjectError(key, "the store sends more than it has");
          at += chunk.length;
          verifier?.add(chunk);
          yield chunk;
          deadline?.check();
          chunk = await nextChunk(open.chunks);
        }
        if (at < end) throw cutShort(key, at, end);
      } catch (error) {
        deadline?.check();
        const problem = translateS3Error(what, error);
        if (problem.code !== "unavailable") throw problem;
        // Everything has arrived, and the connection broke behind it.
        if (at < end) open = await reopen({ offset: at, length: end - at });
      }
    }
    if (verifier?.holds() === false) throw new DamagedObjectError(key, "its checksum differs");
  } finally {
    open.destroy();
  }
}

/** Resolves when bytes flow: a store that answers and then breaks off at once is met with back-off, too. */
async function openBody(
  session: S3Session,
  download: Download,
  range: ByteRange | undefined,
  ifMatch: string | undefined,
): Promise<OpenBody> {
  const { sdk, client, bucket, nameOf } = session;
  const { key } = download;
  const command = () =>
    new sdk.GetObjectCommand({
      Bucket: bucket,
      Key: nameOf(key),
      ...(range !== undefined && { Range: `bytes=${range.offset}-${range.offset + range.length - 1}` }),
      ...(ifMatch !== undefined && { IfMatch: ifMatch }),
    });
  try {
    return await request(session, download, async (options) => {
      const output = await client.send(command(), options);
      return await openedBody(key, output, range);
    });
  } catch (error) {
    if (error instanceof ConditionFailedError) throw conditionFailed(key, { ifMatch: ifMatch ?? "" });
    const { $metadata } = (error as { cause?: { $metadata?: { httpStatusCode?: number } } }).cause ?? {};
    if (range !== undefined && $metadata?.httpStatusCode === 416) throw rangeOutside(range, "the object");
    throw error;
  }
}

async function openedBody(
  key: string,
  output: GetObjectCommandOutput,
  range: ByteRange | undefined,
): Promise<OpenBody> {
  const body = output.Body as (AsyncIterable<Uint8Array> & { destroy(): void }) | undefined;
  if (body === undefined) throw new AkiDbError("internal", "the object store answered without a body");
  const info = infoOf(key, output, range);
  const chunks = body[Symbol.asyncIterator]();
  // Destroyed in mid-flight, a body reports an error that nobody waits for.
  const destroy = () => {
    (body as unknown as NodeJS.EventEmitter).on("error", () => {});
    body.destroy();
  };
  try {
    const firstChunk = await nextChunk(chunks);
    if (firstChunk === undefined && info.sizeBytes > 0)
      throw cutShort(key, range?.offset ?? 0, info.sizeBytes);
    return { info, checksum: checksumOf(output), firstChunk, chunks, destroy };
  } catch (error) {
    destroy();
    throw error;
  }
}

async function nextChunk(chunks: AsyncIterator<Uint8Array>): Promise<Uint8Array | undefined> {
  const next = await chunks.next();
  return next.done === true ? undefined : next.value;
}

/** @throws AkiDbError `internal` where a range was asked for and something else came */
function infoOf(key: string, output: GetObjectCommandOutput, range: ByteRange | undefined): ObjectInfo {
  const { ContentLength, ContentRange, ETag, LastModified } = output;
  let sizeBytes = ContentLength;
  if (range !== undefined) {
    const [, from, , total] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(ContentRange ?? "") ?? [];
    if (Number(from) !== range.offset) {
      throw new AkiDbError("internal", "the object store answered with another range than asked for");
    }
    sizeBytes = Number(total);
  }
  if (sizeBytes === undefined || ETag === undefined || LastModified === undefined) {
    throw new AkiDbError("internal", "the object store answered without length, etag or time");
  }
  return { key, sizeBytes, etag: ETag, modifiedAtMs: LastModified.getTime() };
}

function checksumOf({ ChecksumCRC32, Metadata }: GetObjectCommandOutput): StoredChecksum | undefined {
  if (ChecksumCRC32 === undefined) return undefined;
  const partBytes = Number(Metadata?.[partBytesName]);
  return { text: ChecksumCRC32, partBytes: partBytes > 0 ? partBytes : undefined };
}
