import { type AkiDbError, limits } from "@akidb/base";
import { errorBodyFrom, type LineError } from "@akidb/protocol";

/** Counts the lines of a stream that could not be written, and keeps the first of them: it may have any number. */
export class LineErrors {
  #count = 0;
  #kept: LineError[] = [];

  get count(): number {
    return this.#count;
  }

  /** In any order of lines. */
  add(
    line: number,
    { code, message, violations }: Pick<AkiDbError, "code" | "message" | "violations">,
  ): void {
    this.#count += 1;
    this.#kept.push({ line, ...errorBodyFrom(code, message, violations) });
    if (this.#kept.length >= 2 * limits.itemErrorsMax) this.#kept = this.first();
  }

  /** The first `limits.itemErrorsMax`, in the order of their lines. */
  first(): LineError[] {
    return this.#kept.toSorted((a, b) => a.line - b.line).slice(0, limits.itemErrorsMax);
  }
}
