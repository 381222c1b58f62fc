import type { ErrorCode } from "@akidb/base";

export interface ErrorMapping {
  readonly httpStatus: number;
  /** Short and the same for every error of this code (RFC 9457 `title`). */
  readonly title: string;
  /** The number of `google.rpc.Code`. */
  readonly grpcStatus: number;
  /** Of the command line; 1 is left to commands that succeed in part. */
  readonly exitCode: number;
}

/** How each code of the error family looks in every dress of the product. */
export const errorMapping: Readonly<Record<ErrorCode, ErrorMapping>> = {
  not_found: { httpStatus: 404, title: "Not found", grpcStatus: 5, exitCode: 3 },
  already_exists: { httpStatus: 409, title: "Already exists", grpcStatus: 6, exitCode: 4 },
  invalid_argument: { httpStatus: 400, title: "Invalid argument", grpcStatus: 3, exitCode: 2 },
  // 507 says that the server has no room for it; one request that is too large in itself is answered with 413.
  quota_exceeded: { httpStatus: 507, title: "Quota exceeded", grpcStatus: 8, exitCode: 9 },
  rate_limited: { httpStatus: 429, title: "Rate limited", grpcStatus: 8, exitCode: 10 },
  // The resource's own state forbids it: a retry may succeed once that has changed.
  invalid_state: { httpStatus: 409, title: "Invalid state", grpcStatus: 9, exitCode: 6 },
  // The caller, or the way the server was started, demands something that does not hold.
  failed_precondition: { httpStatus: 412, title: "Failed precondition", grpcStatus: 9, exitCode: 5 },
  unauthenticated: { httpStatus: 401, title: "Unauthenticated", grpcStatus: 16, exitCode: 7 },
  permission_denied: { httpStatus: 403, title: "Permission denied", grpcStatus: 7, exitCode: 8 },
  tenant_suspended: { httpStatus: 403, title: "Tenant suspended", grpcStatus: 7, exitCode: 13 },
  unavailable: { httpStatus: 503, title: "Unavailable", grpcStatus: 14, exitCode: 11 },
  deadline_exceeded: { httpStatus: 504, title: "Deadline exceeded", grpcStatus: 4, exitCode: 12 },
  // EX_SOFTWARE of sysexits.h.
  internal: { httpStatus: 500, title: "Internal error", grpcStatus: 13, exitCode: 70 },
};
