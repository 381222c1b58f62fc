import { AkiDbError, assert, isAkiDbError } from "@akidb/base";
import { crc32 } from "@node-rs/crc32";
import { checkedBody } from "../checkedBody.ts";
import { conditionFailed } from "../conditions.ts";
import type { ObjectBody, PutOptions, PutReceipt } from "../objectStore.ts";
import { retrying } from "../retry/retrying.ts";
import { PartBuffers } from "./partBuffers.ts";
import { partBytesFor, partsOf, slicesOf } from "./partsOf.ts";
import { encodeCrc32 } from "./s3Checksum.ts";
import { partBytesName, putIdName } from "./s3Metadata.ts";
import { attempt, request, type S3Call, type S3Session } from "./s3Session.ts";
import { ConditionFailedError, isUploadGone } from "./translateS3Error.ts";

interface Upload extends S3Call {
  readonly key: string;
  readonly options: PutOptions;
  /** Kept with the object: tells ours from another that met the same condition first. */
  readonly putId: string;
}

/** In one request up to the length of a part, in parts beyond. */
export async function uploadObject(
  session: S3Session,
  { key, body, options }: { readonly key: string; readonly body: ObjectBody; readonly options: PutOptions },
): Promise<PutReceipt> {
  const upload: Upload = {
    key,
    options,
    operation: "put",
    what: `the object ${JSON.stringify(key)}`,
    deadline: options.deadline,
    putId: Buffer.from(session.retry.random.fill(new Uint8Array(16))).toString("hex"),
  };
  const sizeBytes = body instanceof Uint8Array ? body.length : options.sizeBytes;
  const partBytes = partBytesFor(sizeBytes);
  if (body instanceof Uint8Array) {
    for await (const _ of checkedBody(body, options));
    if (body.length <= partBytes) return putWhole(session, upload, body);
    return putBody(session, upload, { parts: slicesOf(body, partBytes), partBytes });
  }
  const buffers = new PartBuffers(partBytes);
  const parts = partsOf(checkedBody(body, options), buffers);
  return putBody(session, upload, { parts, partBytes, sent: (part) => buffers.giveBack(part) });
}

interface CutBody {
  readonly parts: AsyncGenerator<Uint8Array, void, void>;
  readonly partBytes: number;
  /** The store has this part, and nobody reads it any more. */
  readonly sent?: (part: Uint8Array) => void;
}

async function putBody(
  session: S3Session,
  upload: Upload,
  { parts: cut, partBytes, sent }: CutBody,
): Promise<PutReceipt> {
  const parts = heldParts(session, upload, cut);
  try {
    const { value: first } = await parts.next();
    assert(first !== undefined, "even an empty body has a part");
    if (first.bytes.length === partBytes)
      return await putInParts(session, upload, { first, rest: parts, partBytes, sent });
    using _held = first.slot;
    return await putWhole(session, upload, first.bytes);
  } finally {
    await parts.return();
  }
}

interface HeldPart {
  readonly bytes: Uint8Array;
  /** To be given back when the part need not be in memory any more. */
  readonly slot: Disposable;
}

/** Takes the slot before the part is read, so that no stream fills memory while it waits. */
async function* heldParts(
  { partSlots }: S3Session,
  { deadline }: Upload,
  parts: AsyncGenerator<Uint8Array, void, void>,
): AsyncGenerator<HeldPart, void, void> {
  try {
    for (;;) {
      const slot = await partSlots.take(deadline);
      let bytes: Uint8Array | undefined;
      try {
        bytes = (await parts.next()).value ?? undefined;
      } finally {
        if (bytes === undefined) slot[Symbol.dispose]();
      }
      if (bytes === undefined) return;
      yield { bytes, slot };
    }
  } finally {
    await parts.return();
  }
}

async function putWhole(session: S3Session, upload: Upload, body: Uint8Array): Promise<PutReceipt> {
  const { sdk, client } = session;
  const checksum = encodeCrc32(crc32(body));
  const sizeBytes = body.length;
  return putOnce(session, upload, sizeBytes, async (options) => {
    const command = new sdk.PutObjectCommand({
      ...destination(session, upload),
      ...conditions(upload),
      Metadata: { [putIdName]: upload.putId },
      Body: body,
      ContentLength: sizeBytes,
      ChecksumCRC32: checksum,
    });
    return (await client.send(command, options)).ETag;
  });
}

interface Parts {
  readonly first: HeldPart;
  readonly rest: AsyncGenerator<HeldPart, void, void>;
  readonly partBytes: number;
  readonly sent: CutBody["sent"];
}

interface SentPart {
  readonly PartNumber: number;
  readonly ETag: string;
  readonly ChecksumCRC32: string;
}

async function putInParts(session: S3Session, upload: Upload, parts: Parts): Promise<PutReceipt> {
  const { sdk, client, bucket, nameOf } = session;
  let uploadId: string;
  try {
    uploadId = await beginParts(session, upload, parts.partBytes);
  } catch (error) {
    parts.first.slot[Symbol.dispose]();
    throw error;
  }
  session.openUploads.add(uploadId);
  try {
    const { sent, sizeBytes } = await sendParts(session, { ...upload, uploadId }, parts);
    return await putOnce(session, upload, sizeBytes, async (options) => {
      const command = new sdk.CompleteMultipartUploadCommand({
        Bucket: bucket,
        Key: nameOf(upload.key),
        UploadId: uploadId,
        MultipartUpload: { Parts: [...sent] },
        ...conditions(upload),
      });
      return (await client.send(command, options)).ETag;
    });
  } catch (error) {
    await abandonParts(session, upload, uploadId);
    throw error;
  } finally {
    session.openUploads.delete(uploadId);
  }
}

async function beginParts(session: S3Session, upload: Upload, partBytes: number): Promise<string> {
  const { sdk, client } = session;
  const command = () =>
    new sdk.CreateMultipartUploadCommand({
      ...destination(session, upload),
      Metadata: { [putIdName]: upload.putId, [partBytesName]: String(partBytes) },
      ChecksumAlgorithm: "CRC32",
      ChecksumType: "COMPOSITE",
    });
  const { UploadId } = await request(session, upload, (options) => client.send(command(), options));
  if (UploadId === undefined) throw unexpected("no upload id");
  return UploadId;
}

/** Several at a time, as slots allow; none is on its way any more when it returns or throws. */
async function sendParts(
  session: S3Session,
  upload: Upload & { readonly uploadId: string },
  { first, rest, sent: release }: Parts,
): Promise<{ readonly sent: readonly SentPart[]; readonly sizeBytes: number }> {
  const sent: SentPart[] = [];
  const underWay = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  let sizeBytes = 0;
  const send = async ({ bytes, slot }: HeldPart, number: number): Promise<void> => {
    try {
      sent[number - 1] = await sendPart(session, upload, { bytes, number });
      release?.(bytes);
    } catch (error) {
      failure ??= { error };
    } finally {
      slot[Symbol.dispose]();
    }
  };
  const begin = (part: HeldPart, number: number): void => {
    sizeBytes += part.bytes.length;
    const sending = send(part, number).finally(() => underWay.delete(sending));
    underWay.add(sending);
  };
  try {
    let number = 1;
    begin(first, number);
    for await (const part of rest) {
      begin(part, ++number);
      if (failure !== undefined) break;
    }
  } finally {
    await Promise.all(underWay);
  }
  if (failure !== undefined) throw failure.error;
  return { sent, sizeBytes };
}

async function sendPart(
  session: S3Session,
  upload: Upload & { readonly uploadId: string },
  { bytes, number }: { readonly bytes: Uint8Array; readonly number: number },
): Promise<SentPart> {
  const { sdk, client, bucket, nameOf } = session;
  const checksum = encodeCrc32(crc32(bytes));
  const command = () =>
    new sdk.UploadPartCommand({
      Bucket: bucket,
      Key: nameOf(upload.key),
      UploadId: upload.uploadId,
      PartNumber: number,
      Body: bytes,
      ContentLength: bytes.length,
      ChecksumCRC32: checksum,
    });
  const { ETag } = await request(session, upload, (options) => client.send(command(), options));
  if (ETag === undefined) throw unexpected("no etag of a part");
  return { PartNumber: number, ETag, ChecksumCRC32: checksum };
}

/** Beyond the caller's deadline, which may be why: parts that nobody completes cost money for ever. */
async function abandonParts(session: S3Session, { key, what }: Upload, uploadId: string): Promise<void> {
  const { sdk, client, bucket, nameOf } = session;
  const target = { Bucket: bucket, Key: nameOf(key), UploadId: uploadId };
  const call = { operation: "abandon", what, deadline: undefined };
  // What is left then is listed as unfinished.
  await request(session, call, () => client.send(new sdk.AbortMultipartUploadCommand(target))).catch(
    () => {},
  );
}

/**
 * The request that makes the object appear. When an attempt's answer was lost, it may have won nonetheless; the next one
 * then meets its own object (412), or no upload any more. What lies there tells which it was.
 */
async function putOnce(
  session: S3Session,
  upload: Upload,
  sizeBytes: number,
  send: (options: { readonly abortSignal?: AbortSignal }) => Promise<string | undefined>,
): Promise<PutReceipt> {
  const { key, options } = upload;
  let mayHaveWon = false;
  try {
    const etag = await retrying(session.retry, upload, async () => {
      try {
        return await attempt(upload, send);
      } catch (error) {
        const isRefused = error instanceof ConditionFailedError || isUploadGone(error);
        const own = isRefused && mayHaveWon ? await etagOfOwn(session, upload) : undefined;
        if (own !== undefined) return own;
        if (isAkiDbError(error) && error.code === "unavailable") mayHaveWon = true;
        throw error;
      }
    });
    if (etag === undefined) throw unexpected("no etag");
    return { key, sizeBytes, etag };
  } catch (error) {
    // S3 answers 404 to If-Match where there is no object.
    const isAbsent = options.ifMatch !== undefined && isUploadGone(error);
    throw error instanceof ConditionFailedError || isAbsent ? conditionFailed(key, options) : error;
  }
}

/** @returns undefined where the object is another's, or is not there */
async function etagOfOwn(session: S3Session, upload: Upload): Promise<string | undefined> {
  const { sdk, client, bucket, nameOf } = session;
  const command = new sdk.HeadObjectCommand({ Bucket: bucket, Key: nameOf(upload.key) });
  try {
    const { Metadata, ETag } = await attempt(upload, (options) => client.send(command, options));
    return Metadata?.[putIdName] === upload.putId ? ETag : undefined;
  } catch (error) {
    if (isAkiDbError(error) && error.code === "not_found") return undefined;
    throw error;
  }
}

function destination({ bucket, nameOf, encryption }: S3Session, { key }: Upload) {
  const keyId = encryption?.algorithm === "aws:kms" ? encryption.keyId : undefined;
  return {
    Bucket: bucket,
    Key: nameOf(key),
    ...(encryption !== undefined && { ServerSideEncryption: encryption.algorithm }),
    ...(keyId !== undefined && { SSEKMSKeyId: keyId }),
  };
}

const conditions = ({ options: { ifMatch, ifNoneMatch } }: Upload) => ({
  ...(ifMatch !== undefined && { IfMatch: ifMatch }),
  ...(ifNoneMatch !== undefined && { IfNoneMatch: ifNoneMatch }),
});

const unexpected = (answer: string) => new AkiDbError("internal", `the object store answered with ${answer}`);
