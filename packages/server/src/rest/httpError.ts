import { AkiDbError, type ErrorCode } from "@akidb/base";

/** An error for which HTTP has a status of its own (405, 408, 413, …), more exact than that of its code. */
export class HttpError extends AkiDbError {
  readonly httpStatus: number;

  constructor(httpStatus: number, code: ErrorCode, message: string) {
    super(code, message);
    this.httpStatus = httpStatus;
  }
}
