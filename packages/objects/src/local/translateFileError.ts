import { AkiDbError, isAkiDbError, notFound, unavailable } from "@akidb/base";

const fullCodes: ReadonlySet<string> = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);
const deniedCodes: ReadonlySet<string> = new Set(["EACCES", "EPERM", "EROFS"]);
const passingCodes: ReadonlySet<string> = new Set(["EMFILE", "ENFILE", "EAGAIN", "EBUSY", "ESTALE", "EIO"]);

/** What the operating system says, in the product's words and without paths. */
export function translateFileError(key: string, error: unknown): unknown {
  if (isAkiDbError(error) || !(error instanceof Error) || !("code" in error)) return error;
  const code = String(error.code);
  const object = `the object ${JSON.stringify(key)}`;
  if (code === "ENOENT") return notFound(object);
  if (fullCodes.has(code)) return unavailable(`no space for ${object}`, { cause: error });
  if (deniedCodes.has(code)) {
    return new AkiDbError("permission_denied", `the file system refuses access to ${object} (${code})`, {
      cause: error,
    });
  }
  if (passingCodes.has(code)) {
    return unavailable(`the file system cannot serve ${object} now (${code})`, { cause: error });
  }
  return error;
}
