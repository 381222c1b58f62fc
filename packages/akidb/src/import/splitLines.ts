const newline = 0x0a;
const carriageReturn = 0x0d;

export interface Line {
  /** Counted from 1. */
  readonly number: number;
  /** Without its end (LF or CRLF); undefined where it is longer than allowed. Valid until the next line is taken. */
  readonly bytes: Uint8Array | undefined;
}

/** Holds at most `lineBytesMax` bytes and one chunk; what is longer is skipped up to its end. */
export async function* splitLines(
  chunks: AsyncIterable<Uint8Array>,
  lineBytesMax: number,
): AsyncGenerator<Line> {
  let number = 1;
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  const finish = (tail: Uint8Array): Line => {
    const tooLong = pendingBytes + tail.length > lineBytesMax;
    const whole = tooLong ? undefined : pending.length === 0 ? tail : Buffer.concat([...pending, tail]);
    pending = [];
    pendingBytes = 0;
    const bytes = whole?.at(-1) === carriageReturn ? whole.subarray(0, -1) : whole;
    return { number: number++, bytes };
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      yield finish(chunk.subarray(start, end));
      start = end + 1;
    }
    const tail = chunk.subarray(start);
    pendingBytes += tail.length;
    if (pendingBytes > lineBytesMax) pending = [];
    else if (tail.length > 0) pending.push(tail);
  }
  if (pendingBytes > 0) yield finish(new Uint8Array());
}
