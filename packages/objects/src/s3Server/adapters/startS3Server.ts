import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { refusalAnswer, type S3Answer, S3Refusal } from "../s3Answer.ts";
import { S3Bucket } from "../s3Bucket.ts";
import { type S3Failing, S3Faults, type S3Operation } from "../s3Fault.ts";
import { s3Operations } from "../s3Operations.ts";
import { operationOf, parseS3Request, type S3Request } from "../s3Request.ts";
import { type S3Credentials, verifySignature } from "../signatureV4.ts";

export interface S3Server extends AsyncDisposable {
  /** `http://127.0.0.1:…`; buckets are the first part of the path. */
  readonly endpoint: string;
  readonly bucketName: string;
  readonly credentials: S3Credentials;
  readonly bucket: S3Bucket;
  readonly faults: S3Faults;
  /** Every request that has arrived, in order. */
  readonly requests: readonly S3Operation[];
  /** The headers of the latest request of an operation. */
  headersOf(operation: S3Operation): ReadonlyMap<string, string> | undefined;
}

/**
 * The part of S3 that an object store needs, on a real socket of this machine, with objects in memory, signatures and
 * checksums verified, and faults on demand: for tests and benchmarks of whatever speaks S3.
 */
export async function startS3Server(): Promise<S3Server> {
  const credentials = { accessKeyId: "test-key", secretAccessKey: "test-secret" };
  const bucketName = "test-bucket";
  const bucket = new S3Bucket(() => Date.now());
  const faults = new S3Faults();
  const requests: S3Operation[] = [];
  const latestHeaders = new Map<S3Operation, ReadonlyMap<string, string>>();

  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = await readRequest(incoming);
    let failing: S3Failing | undefined;
    let answer: S3Answer;
    try {
      const operation = operationOf(request);
      requests.push(operation);
      latestHeaders.set(operation, request.headers);
      failing = faults.take(operation);
      if (failing?.kind === "reset") return void incoming.socket.resetAndDestroy();
      if (failing?.kind === "delay") await sleep(failing.delayMs);
      if (failing?.kind === "refuse") throw new S3Refusal(failing.status, failing.code);
      verifySignature(request, credentials);
      if (request.bucket !== bucketName) throw new S3Refusal(404, "NoSuchBucket");
      answer = s3Operations[operation](bucket, request, failing);
      if (failing?.kind === "reset after") return void incoming.socket.resetAndDestroy();
      if (failing?.kind === "refuse after") throw new S3Refusal(failing.status, failing.code);
    } catch (error) {
      if (!(error instanceof S3Refusal)) throw error;
      answer = refusalAnswer(error);
      if (failing?.kind === "refuse" && failing.retryAfterS !== undefined) {
        answer = { ...answer, headers: { ...answer.headers, "retry-after": String(failing.retryAfterS) } };
      }
    }
    send(request, response, harmed(answer, failing), failing);
  }

  const server = createServer((incoming, response) => {
    serve(incoming, response).catch(() => incoming.socket.destroy());
  });
  server.listen(0, "127.0.0.1");
  await new Promise<void>((resolve, reject) => server.once("listening", resolve).once("error", reject));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    bucketName,
    credentials,
    bucket,
    faults,
    requests,
    headersOf: (operation) => latestHeaders.get(operation),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function readRequest(incoming: IncomingMessage): Promise<S3Request> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const headers = Object.entries(incoming.headers).map(([name, value]) => [name, String(value)] as const);
  return parseS3Request(incoming.method ?? "", incoming.url ?? "", new Map(headers), Buffer.concat(chunks));
}

/** The answer with what the fault makes wrong in it. */
function harmed(answer: S3Answer, failing: S3Failing | undefined): S3Answer {
  if (failing?.kind === "flip" && answer.body !== undefined) {
    const body = Uint8Array.from(answer.body);
    body[failing.atByte] = (body[failing.atByte] ?? 0) ^ 1;
    return { ...answer, body };
  }
  if (failing?.kind === "wrong checksum") {
    const wrong = (name: string, value: string) =>
      /^x-amz-checksum-(crc|sha)/.test(name)
        ? value.replace(/^./, (first) => (first === "A" ? "B" : "A"))
        : value;
    const headers = Object.entries(answer.headers ?? {}).map(([name, value]) => [name, wrong(name, value)]);
    return { ...answer, headers: Object.fromEntries(headers) };
  }
  return answer;
}

function send(
  { method }: S3Request,
  response: ServerResponse,
  { status, headers = {}, body = new Uint8Array() }: S3Answer,
  failing: S3Failing | undefined,
): void {
  const length = method === "HEAD" ? (headers["content-length"] ?? "0") : String(body.length);
  response.writeHead(status, { ...headers, ...(status !== 204 && { "content-length": length }) });
  if (method === "HEAD") return void response.end();
  if (failing?.kind === "cut") {
    response.write(body.subarray(0, failing.afterBytes), () => response.socket?.destroy());
  } else if (failing?.kind === "stall") {
    response.write(body.subarray(0, failing.afterBytes));
  } else {
    response.end(body);
  }
}
