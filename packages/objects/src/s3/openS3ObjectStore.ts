import { AkiDbError, isAkiDbError, unavailable } from "@akidb/base";
import type { _Error, ListObjectsV2CommandOutput, S3Client } from "@aws-sdk/client-s3";
import { checkObjectKey, isObjectKey } from "../objectKey.ts";
import { objectLimits } from "../objectLimits.ts";
import { checkGet, checkList, checkPut } from "../objectRequest.ts";
import type { DeleteFailure, ObjectCallOptions, ObjectInfo, ObjectStore } from "../objectStore.ts";
import { retrying } from "../retry/retrying.ts";
import { retryDefaults } from "../retry/retryOptions.ts";
import { Slots } from "../slots.ts";
import { downloadObject } from "./s3Download.ts";
import { checkS3Options, type S3ObjectStoreOptions } from "./s3Options.ts";
import { attempt, request, type S3Sdk, type S3Session } from "./s3Session.ts";
import { abortUpload, unfinishedUploads } from "./s3UnfinishedUploads.ts";
import { uploadObject } from "./s3Upload.ts";
import { translateS3Error } from "./translateS3Error.ts";
import { urlDecode } from "./urlDecode.ts";

/**
 * A bucket of S3 or of a store that speaks it. Nothing is asked of it yet; the SDK is loaded here, not where this file
 * is imported.
 *
 * What it makes of S3: every body travels with its CRC32 and is compared with it when read back whole; bodies beyond
 * 8 MiB travel in parts, which are abandoned if the upload fails; a request that fails in passing is repeated, a body
 * that is cut is continued. Where a store keeps no checksums, only lengths are compared. A conditional put whose answer
 * was lost recognises its own object; only if somebody replaces that before the repetition does it say
 * `failed_precondition` although it had won.
 */
export async function openS3ObjectStore(options: S3ObjectStoreOptions): Promise<ObjectStore> {
  checkS3Options(options);
  const sdk = await import("@aws-sdk/client-s3");
  const { bucket, prefix = "", encryption, random, retry } = options;
  const keyStart = prefix === "" || prefix.endsWith("/") ? prefix : `${prefix}/`;
  return s3ObjectStore({
    sdk,
    client: s3Client(sdk, options),
    bucket,
    encryption,
    retry: { ...retryDefaults, ...retry, random },
    openUploads: new Set(),
    partSlots: new Slots(objectLimits.partsInFlightMax),
    nameOf: (key) => `${keyStart}${key}`,
  });
}

function s3Client(
  { S3Client }: S3Sdk,
  {
    endpoint,
    region,
    accessKeyId,
    secretAccessKey,
    forcePathStyle = false,
    connectTimeoutMs = 5_000,
    idleTimeoutMs = 20_000,
  }: S3ObjectStoreOptions,
): S3Client {
  const client = new S3Client({
    ...(endpoint !== undefined && { endpoint, region: "us-east-1" }),
    ...(region !== undefined && { region }),
    ...(accessKeyId !== undefined &&
      secretAccessKey !== undefined && { credentials: { accessKeyId, secretAccessKey } }),
    forcePathStyle,
    // Attempts are counted by `retrying` alone.
    maxAttempts: 1,
    // Every body's checksum is computed here, natively, and compared here: the SDK would do both again, in JavaScript.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    // Otherwise every part would have a connection of its own.
    expectContinueHeader: false,
    requestHandler: { connectionTimeout: connectTimeoutMs, socketTimeout: idleTimeoutMs },
  });
  // As the input's own ChecksumMode, but without the SDK's comparison.
  client.middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        const { headers } = args.request as { headers: Record<string, string> };
        if (commandName === "GetObjectCommand") headers["x-amz-checksum-mode"] = "ENABLED";
        return next(args);
      },
    { step: "build", name: "askForChecksum" },
  );
  return client;
}

const objectNamed = (key: string): string => `the object ${JSON.stringify(key)}`;

function s3ObjectStore(session: S3Session): ObjectStore {
  const { sdk, client, bucket, nameOf } = session;
  return {
    async put(key, body, options = {}) {
      checkPut(key, options);
      return uploadObject(session, { key, body, options });
    },

    async get(key, options = {}) {
      checkGet(key, options);
      return downloadObject(session, key, options);
    },

    async head(key, { deadline } = {}) {
      checkObjectKey(key);
      const command = () => new sdk.HeadObjectCommand({ Bucket: bucket, Key: nameOf(key) });
      const call = { operation: "head", what: objectNamed(key), deadline };
      const { ContentLength, ETag, LastModified } = await request(session, call, (options) =>
        client.send(command(), options),
      );
      return infoOf({ key, size: ContentLength, etag: ETag, modified: LastModified });
    },

    async list(options = {}) {
      const { prefix, cursor, limit } = checkList(options);
      const command = () =>
        new sdk.ListObjectsV2Command({
          Bucket: bucket,
          Prefix: nameOf(prefix),
          MaxKeys: limit,
          EncodingType: "url",
          ...(cursor !== undefined && { StartAfter: nameOf(cursor) }),
        });
      const call = { operation: "list", what: "a list of objects", deadline: options.deadline };
      const output = await request(session, call, (requestOptions) => client.send(command(), requestOptions));
      return pageOf(session, output);
    },

    async delete(key, { deadline } = {}) {
      checkObjectKey(key);
      const command = () => new sdk.DeleteObjectCommand({ Bucket: bucket, Key: nameOf(key) });
      const call = { operation: "delete", what: objectNamed(key), deadline };
      try {
        await request(session, call, (options) => client.send(command(), options));
      } catch (error) {
        if (!(isAkiDbError(error) && error.code === "not_found")) throw error;
      }
    },

    async deleteMany(keys, options = {}) {
      keys.forEach(checkObjectKey);
      const failures: DeleteFailure[] = [];
      for (let at = 0; at < keys.length; at += objectLimits.deleteManyMax) {
        failures.push(
          ...(await deleteSlice(session, keys.slice(at, at + objectLimits.deleteManyMax), options)),
        );
      }
      return failures;
    },

    async listUnfinished(options = {}) {
      return await unfinishedUploads(session, checkList(options), options.deadline);
    },

    async removeUnfinished(put, { deadline } = {}) {
      await abortUpload(session, put, deadline);
    },

    async close() {
      client.destroy();
    },
  };
}

/** One request; what fails in passing is asked for again, without the rest. */
async function deleteSlice(
  session: S3Session,
  keys: readonly string[],
  { deadline }: ObjectCallOptions,
): Promise<readonly DeleteFailure[]> {
  const { sdk, client, bucket, nameOf } = session;
  const call = { operation: "delete", what: `${keys.length} objects`, deadline };
  const keyOf = new Map(keys.map((key) => [nameOf(key), key]));
  const failures: DeleteFailure[] = [];
  let passing: readonly DeleteFailure[] = [];
  let names = [...keyOf.keys()];
  const deleteNames = async (): Promise<void> => {
    const input = { Bucket: bucket, Delete: { Objects: names.map((Key) => ({ Key })), Quiet: true } };
    const { Errors = [] } = await attempt(call, (options) =>
      client.send(new sdk.DeleteObjectsCommand(input), options),
    );
    const failed = Errors.map((error) => failureOf(keyOf, error));
    passing = failed.filter(({ error }) => error.code === "unavailable");
    failures.push(...failed.filter(({ error }) => error.code !== "unavailable"));
    names = passing.map(({ key }) => nameOf(key));
    if (names.length > 0) throw unavailable(`${names.length} objects could not be deleted now`);
  };
  try {
    await retrying(session.retry, call, deleteNames);
  } catch (error) {
    if (passing.length === 0) throw error;
    failures.push(...passing);
  }
  return failures;
}

function failureOf(keyOf: ReadonlyMap<string, string>, { Key = "", Code = "" }: _Error) {
  const key = keyOf.get(Key) ?? Key;
  const status = Code === "AccessDenied" ? 403 : 500;
  const refusal = Object.assign(new Error(Code), { name: Code, $metadata: { httpStatusCode: status } });
  return { key, error: translateS3Error(objectNamed(key), refusal) };
}

/** Others' objects in the bucket, under names that this store never gives, are left out. */
function pageOf(
  { nameOf }: S3Session,
  { Contents = [], EncodingType, IsTruncated = false }: ListObjectsV2CommandOutput,
) {
  const start = nameOf("").length;
  const decode = EncodingType === "url" ? urlDecode : (name: string) => name;
  const infos = Contents.map(({ Key = "", Size, ETag, LastModified }) =>
    infoOf({ key: decode(Key).slice(start), size: Size, etag: ETag, modified: LastModified }),
  );
  const last = infos.at(-1);
  return {
    objects: infos.filter(({ key }) => isObjectKey(key)),
    ...(IsTruncated && last !== undefined && { nextCursor: last.key }),
  };
}

interface Answered {
  readonly key: string;
  readonly size: number | undefined;
  readonly etag: string | undefined;
  readonly modified: Date | undefined;
}

function infoOf({ key, size, etag, modified }: Answered): ObjectInfo {
  if (size === undefined || etag === undefined || modified === undefined) {
    throw new AkiDbError("internal", "the object store answered without length, etag or time");
  }
  return { key, sizeBytes: size, etag, modifiedAtMs: modified.getTime() };
}
