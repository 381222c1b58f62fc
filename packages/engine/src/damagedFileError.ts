export interface DamagedFileOptions {
  /** It is whole, and a newer version wrote it: there is nothing to be gained from an older file. */
  readonly isNewerFormat?: boolean;
  /** What is damaged is made anew from the rest of the file, and nothing else of it is in doubt. */
  readonly isDerived?: boolean;
  /** Of a log: the records that would have to come from elsewhere; absent where it is unknown which there were. */
  readonly missing?: LsnRange;
}

/** Of records of the log, both ends included. */
export interface LsnRange {
  readonly firstLsn: number;
  readonly lastLsn: number;
}

/**
 * A file is not what was written: a checksum fails, a part is missing, or it was written by a newer version. The
 * collection is not served until somebody has looked, unless another file takes its place; the file is left as it is.
 */
export class DamagedFileError extends Error {
  override readonly name = "DamagedFileError";
  /** Relative to the collection's directory, so that it may be shown to callers. */
  readonly file: string;
  readonly reason: string;
  readonly isNewerFormat: boolean;
  readonly isDerived: boolean;
  readonly missing: LsnRange | undefined;

  constructor(
    file: string,
    reason: string,
    { isNewerFormat = false, isDerived = false, missing }: DamagedFileOptions = {},
  ) {
    super(`${file}: ${reason}`);
    this.file = file;
    this.reason = reason;
    this.isNewerFormat = isNewerFormat;
    this.isDerived = isDerived;
    this.missing = missing;
  }
}
