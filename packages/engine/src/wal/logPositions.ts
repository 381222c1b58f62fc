/** Closer marks would cost memory, wider ones precision. */
const markSpacingBytes = 256 * 1024;

/** How many bytes of the log lie behind an LSN, to within a quarter of a MiB and one write. */
export class LogPositions {
  #bytes = 0;
  /** Ascending; all that was logged up to `lsn` ends at `bytes`. */
  #marks: { readonly lsn: number; readonly bytes: number }[];

  /** @param lsn the last one before the first that is noted */
  constructor(lsn: number) {
    this.#marks = [{ lsn, bytes: 0 }];
  }

  /** All that was ever noted. */
  get bytes(): number {
    return this.#bytes;
  }

  note(lastLsn: number, bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes - this.#marks.at(-1)!.bytes < markSpacingBytes) return;
    this.#marks.push({ lsn: lastLsn, bytes: this.#bytes });
  }

  /** Never less than there are, unless they were forgotten. */
  bytesSince(lsn: number): number {
    const mark = this.#marks.findLast((candidate) => candidate.lsn <= lsn) ?? this.#marks[0]!;
    return this.#bytes - mark.bytes;
  }

  /** Nobody will ask for less. */
  forgetBelow(lsn: number): void {
    const first = this.#marks.findLastIndex((mark) => mark.lsn <= lsn);
    if (first > 0) this.#marks = this.#marks.slice(first);
  }
}
