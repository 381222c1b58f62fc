import { type Clock, splitLines } from "@akidb/base";

const lineBytesMax = 64 * 1024;
const lineCharactersMax = 500;
const linesPerWindow = 100;
const windowMs = 60_000;

/**
 * The lines of a program's standard error, a hundred a minute and 500 characters of each: whatever it writes, no log
 * fills up and nothing is held.
 */
export class ComplaintLines {
  /** Undefined where it has written nothing yet. */
  last: string | undefined;
  readonly #tell: (line: string) => void;
  readonly #clock: Clock;
  #windowStartMs = Number.NEGATIVE_INFINITY;
  #told = 0;
  #leftOut = 0;

  constructor(tell: (line: string) => void, clock: Clock) {
    this.#tell = tell;
    this.#clock = clock;
  }

  /** Until they end; never rejects. */
  async readAll(chunks: AsyncIterable<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    try {
      for await (const line of splitLines(chunks, lineBytesMax)) {
        this.#take(line.kind === "line" ? decoder.decode(line.bytes) : "(a line that is too long)");
      }
    } catch {
      // A pipe that breaks is told by the end of the process.
    }
    this.#tellLeftOut();
  }

  #take(text: string): void {
    const line = printable(text);
    if (line === "") return;
    this.last = line;
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#windowStartMs >= windowMs) {
      this.#tellLeftOut();
      this.#windowStartMs = nowMs;
      this.#told = 0;
    }
    if (this.#told === linesPerWindow) {
      this.#leftOut += 1;
      return;
    }
    this.#told += 1;
    this.#tell(line);
  }

  #tellLeftOut(): void {
    if (this.#leftOut > 0) this.#tell(`(and ${this.#leftOut} more lines)`);
    this.#leftOut = 0;
  }
}

function printable(text: string): string {
  const line = text
    .slice(0, 2 * lineCharactersMax)
    .replace(/[\p{C}\s]+/gu, " ")
    .trim();
  return line.length > lineCharactersMax ? `${line.slice(0, lineCharactersMax)}…` : line;
}
