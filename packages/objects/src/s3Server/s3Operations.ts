import { type S3Answer, S3Refusal, xmlAnswer, xmlElements, xmlTexts } from "./s3Answer.ts";
import type { S3Bucket, S3Conditions, S3Object } from "./s3Bucket.ts";
import { isChecksumAlgorithm } from "./s3Checksums.ts";
import type { S3Failing, S3Operation } from "./s3Fault.ts";
import { contentOf, type S3Request } from "./s3Request.ts";

type Handler = (bucket: S3Bucket, request: S3Request, failing: S3Failing | undefined) => S3Answer;

/** Each operation of the API, on a bucket that exists and by a client that may. */
export const s3Operations: Readonly<Record<S3Operation, Handler>> = {
  PutObject(bucket, request) {
    const conditions = conditionsOf(request);
    const object = bucket.put(request.key, contentOf(request), {
      keptHeaders: keptHeaders(request),
      conditions,
    });
    return { status: 200, headers: { etag: object.etag, ...checksumHeaders(object), ...object.keptHeaders } };
  },

  GetObject(bucket, request) {
    const object = bucket.find(request.key);
    const { ifMatch } = conditionsOf(request);
    if (ifMatch !== undefined && ifMatch !== object.etag) throw new S3Refusal(412, "PreconditionFailed");
    const size = object.bytes.length;
    const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.get("range") ?? "") ?? [];
    if (from === undefined) {
      return { status: 200, headers: objectHeaders(object, request), body: object.bytes };
    }
    const start = Number(from);
    const end = Math.min(size, to === "" || to === undefined ? size : Number(to) + 1);
    if (start >= size || end <= start) throw new S3Refusal(416, "InvalidRange");
    const headers = objectHeaders({ ...object, checksum: undefined }, request);
    return {
      status: 206,
      headers: { ...headers, "content-range": `bytes ${start}-${end - 1}/${size}` },
      body: object.bytes.subarray(start, end),
    };
  },

  HeadObject(bucket, request) {
    const object = bucket.find(request.key);
    const headers = { ...objectHeaders(object, request), "content-length": String(object.bytes.length) };
    return { status: 200, headers };
  },

  DeleteObject(bucket, { key }) {
    bucket.delete(key);
    return { status: 204 };
  },

  DeleteObjects(bucket, request) {
    const { bytes, checksum } = contentOf(request);
    if (checksum === undefined && !request.headers.has("content-md5")) {
      throw new S3Refusal(400, "InvalidRequest", "a checksum or Content-MD5 is missing");
    }
    const document = Buffer.from(bytes).toString();
    const keys = xmlTexts(document, "Object").flatMap((object) => xmlTexts(object, "Key"));
    if (keys.length === 0 || keys.length > 1_000) throw new S3Refusal(400, "MalformedXML");
    for (const key of keys) bucket.delete(key);
    const isQuiet = xmlTexts(document, "Quiet")[0] === "true";
    const deleted = isQuiet ? [] : keys.map((key) => `<Deleted>${xmlElements([["Key", key]])}</Deleted>`);
    return xmlAnswer(200, "DeleteResult", deleted.join(""));
  },

  ListObjectsV2(bucket, { query, bucket: name }, failing) {
    const prefix = query.get("prefix") ?? "";
    const token = query.get("continuation-token");
    const after = token === undefined ? query.get("start-after") : Buffer.from(token, "base64url").toString();
    const limit = Math.min(1_000, Number(query.get("max-keys") ?? 1_000));
    if (query.has("delimiter")) throw new S3Refusal(501, "NotImplemented");
    const all = bucket.keys(failing?.kind === "stale" ? failing.changes : 0);
    const start = after === undefined ? 0 : all.findLastIndex((key) => !isBehind(key, after)) + 1;
    const behind = all.slice(start).filter((key) => key.startsWith(prefix));
    const keys = behind.slice(0, limit);
    const last = keys.at(-1);
    const isUrl = query.get("encoding-type") === "url";
    const encode = (text: string) => (isUrl ? encodeURIComponent(text).replaceAll("%20", "+") : text);
    const isTruncated = behind.length > keys.length;
    const fields: (readonly [string, string])[] = [
      ["Name", name],
      ["Prefix", encode(prefix)],
      ["KeyCount", String(keys.length)],
      ["MaxKeys", String(limit)],
      ["IsTruncated", String(isTruncated)],
    ];
    if (isUrl) fields.push(["EncodingType", "url"]);
    if (isTruncated && last !== undefined) {
      fields.push(["NextContinuationToken", Buffer.from(last).toString("base64url")]);
    }
    const contents = keys.map((key) => {
      const { bytes, etag, modifiedAtMs } = bucket.find(key);
      const entry = xmlElements([
        ["Key", encode(key)],
        ["LastModified", new Date(modifiedAtMs).toISOString()],
        ["ETag", etag],
        ["Size", String(bytes.length)],
        ["StorageClass", "STANDARD"],
      ]);
      return `<Contents>${entry}</Contents>`;
    });
    return xmlAnswer(200, "ListBucketResult", xmlElements(fields) + contents.join(""));
  },

  ListMultipartUploads(bucket, { query, bucket: name }) {
    const prefix = query.get("prefix") ?? "";
    const limit = Math.min(1_000, Number(query.get("max-uploads") ?? 1_000));
    const [keyMarker, idMarker] = [query.get("key-marker"), query.get("upload-id-marker")];
    if (query.has("delimiter")) throw new S3Refusal(501, "NotImplemented");
    const all = bucket.uploads().filter(({ key }) => key.startsWith(prefix));
    const marked = all.findIndex(({ id, key }) => key === keyMarker && id === idMarker);
    // One that is gone by now is no marker: then those of its key may be left out.
    const behind =
      marked >= 0
        ? all.slice(marked + 1)
        : all.filter(({ key }) => keyMarker === undefined || isBehind(key, keyMarker));
    const uploads = behind.slice(0, limit);
    const last = uploads.at(-1);
    const isUrl = query.get("encoding-type") === "url";
    const encode = (text: string) => (isUrl ? encodeURIComponent(text).replaceAll("%20", "+") : text);
    const isTruncated = behind.length > uploads.length;
    const fields: (readonly [string, string])[] = [
      ["Bucket", name],
      ["Prefix", encode(prefix)],
      ["MaxUploads", String(limit)],
      ["IsTruncated", String(isTruncated)],
    ];
    if (isUrl) fields.push(["EncodingType", "url"]);
    if (isTruncated && last !== undefined) {
      fields.push(["NextKeyMarker", encode(last.key)], ["NextUploadIdMarker", last.id]);
    }
    const entries = uploads.map(({ id, key, initiatedAtMs }) => {
      const entry = xmlElements([
        ["Key", encode(key)],
        ["UploadId", id],
        ["Initiated", new Date(initiatedAtMs).toISOString()],
        ["StorageClass", "STANDARD"],
      ]);
      return `<Upload>${entry}</Upload>`;
    });
    return xmlAnswer(200, "ListMultipartUploadsResult", xmlElements(fields) + entries.join(""));
  },

  ListParts(bucket, { query, bucket: name, key }) {
    const id = query.get("uploadId") ?? "";
    const limit = Math.min(1_000, Number(query.get("max-parts") ?? 1_000));
    const after = Number(query.get("part-number-marker") ?? 0);
    const behind = bucket.parts(id).filter(({ number }) => number > after);
    const parts = behind.slice(0, limit);
    const isTruncated = behind.length > parts.length;
    const fields: (readonly [string, string])[] = [
      ["Bucket", name],
      ["Key", key],
      ["UploadId", id],
      ["MaxParts", String(limit)],
      ["IsTruncated", String(isTruncated)],
    ];
    if (isTruncated) fields.push(["NextPartNumberMarker", String(parts.at(-1)?.number)]);
    const entries = parts.map(({ number, etag, bytes, modifiedAtMs }) => {
      const entry = xmlElements([
        ["PartNumber", String(number)],
        ["ETag", etag],
        ["Size", String(bytes.length)],
        ["LastModified", new Date(modifiedAtMs).toISOString()],
      ]);
      return `<Part>${entry}</Part>`;
    });
    return xmlAnswer(200, "ListPartsResult", xmlElements(fields) + entries.join(""));
  },

  CreateMultipartUpload(bucket, request) {
    const algorithm = request.headers.get("x-amz-checksum-algorithm")?.toLowerCase();
    if (algorithm !== undefined && !isChecksumAlgorithm(algorithm))
      throw new S3Refusal(501, "NotImplemented");
    if ((request.headers.get("x-amz-checksum-type") ?? "COMPOSITE") !== "COMPOSITE") {
      throw new S3Refusal(501, "NotImplemented");
    }
    const { key } = request;
    const id = bucket.createUpload({ key, keptHeaders: keptHeaders(request), algorithm });
    const fields = xmlElements([
      ["Bucket", request.bucket],
      ["Key", key],
      ["UploadId", id],
    ]);
    return xmlAnswer(200, "InitiateMultipartUploadResult", fields);
  },

  UploadPart(bucket, request) {
    const id = request.query.get("uploadId") ?? "";
    const etag = bucket.putPart(id, Number(request.query.get("partNumber")), contentOf(request));
    return { status: 200, headers: { etag } };
  },

  CompleteMultipartUpload(bucket, request) {
    const document = request.sentBody.toString();
    const named = xmlTexts(document, "Part").map((part) => ({
      number: Number(xmlTexts(part, "PartNumber")[0]),
      etag: xmlTexts(part, "ETag")[0] ?? "",
    }));
    const id = request.query.get("uploadId") ?? "";
    const { etag } = bucket.completeUpload(id, named, conditionsOf(request));
    const fields = xmlElements([
      ["Bucket", request.bucket],
      ["Key", request.key],
      ["ETag", etag],
    ]);
    return xmlAnswer(200, "CompleteMultipartUploadResult", fields);
  },

  AbortMultipartUpload(bucket, { query }) {
    bucket.abortUpload(query.get("uploadId") ?? "");
    return { status: 204 };
  },
};

const isBehind = (key: string, cursor: string): boolean =>
  Buffer.compare(Buffer.from(key), Buffer.from(cursor)) > 0;

const conditionsOf = ({ headers }: S3Request): S3Conditions => ({
  ifMatch: headers.get("if-match"),
  ifNoneMatch: headers.get("if-none-match"),
});

const keptHeaders = ({ headers }: S3Request): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...headers].filter(([name]) => /^x-amz-meta-|^x-amz-server-side-encryption/.test(name)),
  );

function objectHeaders(object: S3Object, { headers }: S3Request): Readonly<Record<string, string>> {
  return {
    etag: object.etag,
    "last-modified": new Date(object.modifiedAtMs).toUTCString(),
    "accept-ranges": "bytes",
    ...object.keptHeaders,
    ...(headers.get("x-amz-checksum-mode") === "ENABLED" && checksumHeaders(object)),
  };
}

function checksumHeaders({ checksum }: Pick<S3Object, "checksum">): Readonly<Record<string, string>> {
  if (checksum === undefined) return {};
  const type = checksum.value.includes("-") ? "COMPOSITE" : "FULL_OBJECT";
  return { [`x-amz-checksum-${checksum.algorithm}`]: checksum.value, "x-amz-checksum-type": type };
}
