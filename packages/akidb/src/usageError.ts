/** A command line that this program does not understand. */
export class UsageError extends Error {
  override readonly name = "UsageError";

  /** The command whose help shows what there is. */
  readonly command: string;

  /** @param message as commander words it: `error: unknown option '--prot'\n(Did you mean --port?)` */
  constructor(message: string, command = "akidb") {
    super(
      message
        .replace(/^error: /, "")
        .replace(/\s*\(Did you mean (.*)\?\)$/, "; did you mean $1?")
        .trim(),
    );
    this.command = command;
  }
}
