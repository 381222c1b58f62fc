/**
 * A file is not what was written: a checksum fails, a part is missing, or it was written by a newer version. The
 * collection is not served until somebody has looked; the file is left as it is.
 */
export class DamagedFileError extends Error {
  override readonly name = "DamagedFileError";
  /** Relative to the collection's directory, so that it may be shown to callers. */
  readonly file: string;

  constructor(file: string, reason: string) {
    super(`${file}: ${reason}`);
    this.file = file;
  }
}
