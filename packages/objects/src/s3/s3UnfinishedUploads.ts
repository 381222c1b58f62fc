import { type Deadline, invalidArgument, isAkiDbError } from "@akidb/base";
import type { MultipartUpload } from "@aws-sdk/client-s3";
import { isObjectKey } from "../objectKey.ts";
import type { ListRequest } from "../objectRequest.ts";
import type { UnfinishedPage, UnfinishedPut } from "../objectStore.ts";
import { request, type S3Session } from "./s3Session.ts";
import { isUploadGone } from "./translateS3Error.ts";
import { urlDecode } from "./urlDecode.ts";

/** Uploads in parts that were neither completed nor aborted, but for this process's own. A request more for each. */
export async function unfinishedUploads(
  session: S3Session,
  { prefix, cursor, limit }: ListRequest,
  deadline: Deadline | undefined,
): Promise<UnfinishedPage> {
  const { sdk, client, bucket, nameOf, openUploads } = session;
  const marker = cursor === undefined ? undefined : markerOf(cursor);
  const command = () =>
    new sdk.ListMultipartUploadsCommand({
      Bucket: bucket,
      Prefix: nameOf(prefix),
      MaxUploads: limit,
      EncodingType: "url",
      ...marker,
    });
  const call = { operation: "list", what: "a list of unfinished uploads", deadline };
  const output = await request(session, call, (options) => client.send(command(), options));
  const { Uploads = [], EncodingType, IsTruncated = false, NextKeyMarker, NextUploadIdMarker } = output;
  const decode = EncodingType === "url" ? urlDecode : (name: string) => name;
  const puts: UnfinishedPut[] = [];
  for (const upload of Uploads) {
    const { Key = "", UploadId = "" } = upload;
    const key = decode(Key).slice(nameOf("").length);
    if (!isObjectKey(key) || openUploads.has(UploadId)) continue;
    const put = await partsOf(session, { key, upload }, deadline);
    if (put !== undefined) puts.push(put);
  }
  if (!IsTruncated || NextKeyMarker === undefined) return { puts };
  return { puts, nextCursor: cursorOf(decode(NextKeyMarker), NextUploadIdMarker) };
}

/** Parts that came as it was aborted are removed by the next call: it is listed until they are. */
export async function abortUpload(
  session: S3Session,
  { id, key }: UnfinishedPut,
  deadline: Deadline | undefined,
): Promise<void> {
  const { sdk, client, bucket, nameOf } = session;
  if (key === undefined) throw invalidArgument("put.key", "must be that of the upload");
  const command = () =>
    new sdk.AbortMultipartUploadCommand({ Bucket: bucket, Key: nameOf(key), UploadId: id });
  const call = { operation: "abandon", what: `the object ${JSON.stringify(key)}`, deadline };
  try {
    await request(session, call, (options) => client.send(command(), options));
  } catch (error) {
    if (!isUploadGone(error)) throw error;
  }
}

/** A large upload began long before its last part came. @returns undefined where it has ended meanwhile */
async function partsOf(
  session: S3Session,
  { key, upload }: { readonly key: string; readonly upload: MultipartUpload },
  deadline: Deadline | undefined,
): Promise<UnfinishedPut | undefined> {
  const { sdk, client, bucket, nameOf } = session;
  const { UploadId: id = "", Initiated } = upload;
  // Nobody would know whether it is old.
  if (Initiated === undefined) return undefined;
  let sizeBytes = 0;
  let modifiedAtMs = Initiated.getTime();
  let marker: string | undefined;
  do {
    const command = () =>
      new sdk.ListPartsCommand({
        Bucket: bucket,
        Key: nameOf(key),
        UploadId: id,
        ...(marker !== undefined && { PartNumberMarker: marker }),
      });
    const call = { operation: "list", what: `the parts of the object ${JSON.stringify(key)}`, deadline };
    const output = await request(session, call, (options) => client.send(command(), options)).catch(
      undefinedIfGone,
    );
    if (output === undefined) return undefined;
    for (const { Size = 0, LastModified } of output.Parts ?? []) {
      sizeBytes += Size;
      modifiedAtMs = Math.max(modifiedAtMs, LastModified?.getTime() ?? 0);
    }
    marker = output.IsTruncated === true ? output.NextPartNumberMarker : undefined;
  } while (marker !== undefined);
  return { id, key, sizeBytes, modifiedAtMs };
}

function undefinedIfGone(error: unknown): undefined {
  if (isAkiDbError(error) && error.code === "not_found") return undefined;
  throw error;
}

const cursorOf = (key: string, uploadId: string | undefined): string =>
  JSON.stringify([key, uploadId ?? null]);

function markerOf(cursor: string): { readonly KeyMarker: string; readonly UploadIdMarker?: string } {
  try {
    const [key, uploadId] = JSON.parse(cursor) as [string, string | null];
    return { KeyMarker: key, ...(uploadId !== null && { UploadIdMarker: uploadId }) };
  } catch {
    throw invalidArgument("cursor", "must be the next_cursor of an earlier page");
  }
}
