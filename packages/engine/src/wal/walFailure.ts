/** The log cannot take writes at the moment. */
export class WalFailure extends Error {
  override readonly name = "WalFailure";
  /** Fit for callers: no path, no number of the operating system. */
  readonly reason: string;
  /**
   * Whether the refused records may be in the log all the same, should the process end before the log was reopened.
   * While it runs they are not.
   */
  readonly mayReappear: boolean;

  constructor(cause: unknown, mayReappear: boolean) {
    const reason = describe(cause);
    super(reason, { cause });
    this.reason = reason;
    this.mayReappear = mayReappear;
  }
}

function describe(cause: unknown): string {
  switch ((cause as NodeJS.ErrnoException | undefined)?.code) {
    case "ENOSPC":
      return "the disk is full";
    case "EDQUOT":
      return "the disk quota is used up";
    case "EROFS":
      return "the file system is read-only";
    default:
      return "the log could not be written";
  }
}
