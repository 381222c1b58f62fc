import { type AkiDbError, toAkiDbError } from "@akidb/base";
import { errorMapping } from "@akidb/protocol";
import { BadRequest, ErrorInfo, RequestInfo, RetryInfo, Status } from "@akidb/protocol/grpc";
import { Metadata, type StatusObject } from "@grpc/grpc-js";
import type { GrpcContext } from "./grpcContext.ts";

/** Clients take 8 KiB of metadata by default, message and details together. */
const messageBytesMax = 2_048;
const violationBytesMax = 2_048;

/** What a call ends with, whatever was thrown; only what nobody expected is logged, since callers do not see it. */
export function callStatus(
  thrown: unknown,
  requestId: string,
  { logger }: Pick<GrpcContext, "logger">,
): StatusObject {
  const error = toAkiDbError(thrown);
  if (error.code === "internal") logger.error({ requestId, err: error.cause ?? error }, "request failed");
  const code = errorMapping[error.code].grpcStatus;
  const message = headerText(error.message);
  const metadata = new Metadata();
  const details = Status.encode({ code, message, details: errorDetails(error, requestId) }).finish();
  metadata.set("grpc-status-details-bin", Buffer.from(details));
  return { code, details: message, metadata };
}

/** As long as it may be where it is percent-encoded. */
function headerText(message: string): string {
  const text = message.toWellFormed();
  return encodeURI(text).length <= messageBytesMax
    ? text
    : `${text.slice(0, messageBytesMax / 9 - 1).toWellFormed()}…`;
}

/** The messages of google.rpc that say more: https://cloud.google.com/apis/design/errors. */
function errorDetails({ code, violations, retryAfterMs }: AkiDbError, requestId: string) {
  const details = [
    packed("ErrorInfo", ErrorInfo.encode({ reason: code.toUpperCase(), domain: "akidb", metadata: {} })),
    packed("RequestInfo", RequestInfo.encode({ requestId })),
  ];
  if (violations.length > 0) {
    const fieldViolations = firstOf(
      violations.map(({ path, detail }) => ({ field: path, description: detail })),
    );
    details.push(packed("BadRequest", BadRequest.encode({ fieldViolations })));
  }
  if (retryAfterMs !== undefined) {
    const retryDelay = {
      seconds: Math.floor(retryAfterMs / 1_000),
      nanos: Math.floor((retryAfterMs % 1_000) * 1_000_000),
    };
    details.push(packed("RetryInfo", RetryInfo.encode({ retryDelay })));
  }
  return details;
}

type FieldViolation = BadRequest["fieldViolations"][number];

/** Those that fit; the message counts the rest. */
function firstOf(violations: readonly FieldViolation[]): FieldViolation[] {
  let bytes = 0;
  return violations.filter(({ field, description }) => {
    bytes += Buffer.byteLength(field) + Buffer.byteLength(description);
    return bytes <= violationBytesMax;
  });
}

const packed = (name: string, message: { finish(): Uint8Array }) => ({
  typeUrl: `type.googleapis.com/google.rpc.${name}`,
  value: message.finish(),
});
