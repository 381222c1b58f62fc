import type { ErrorCode } from "@akidb/base";

/** A refusal before there is a request that it could be an answer to. */
export interface JsonRpcError {
  readonly jsonrpc: "2.0";
  readonly id: null;
  readonly error: {
    readonly code: number;
    readonly message: string;
    readonly data: { readonly code: ErrorCode };
  };
}

/** https://www.jsonrpc.org/specification#error_object */
const numbers = {
  parseError: -32_700,
  invalidRequest: -32_600,
  internalError: -32_603,
  serverError: -32_000,
};

export const jsonRpcParseError = (message: string): JsonRpcError =>
  jsonRpcError(numbers.parseError, "invalid_argument", message);

export const jsonRpcErrorFrom = (code: ErrorCode, message: string): JsonRpcError =>
  jsonRpcError(numberOf(code), code, message);

const jsonRpcError = (number: number, code: ErrorCode, message: string): JsonRpcError => ({
  jsonrpc: "2.0",
  id: null,
  error: { code: number, message, data: { code } },
});

function numberOf(code: ErrorCode): number {
  if (code === "invalid_argument") return numbers.invalidRequest;
  return code === "internal" ? numbers.internalError : numbers.serverError;
}
