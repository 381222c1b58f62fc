import { open } from "node:fs/promises";

const headerBytes = 32;
const frameHeaderBytes = 24;
const bigEndianMagic = 0x377f0683;
const littleEndianMagic = 0x377f0682;

export interface SqliteLog {
  /** Frames up to the first that fails its checksum. */
  readonly frameCount: number;
  /** Where a frame fails, and one behind it was written in the same round of the log: a crash tears only its end. */
  readonly damagedAt: number | undefined;
}

/**
 * Reads SQLite's log frame by frame (https://www.sqlite.org/fileformat2.html#the_write_ahead_log): SQLite itself ends it
 * without a word at the first frame whose checksum fails.
 *
 * @returns undefined where there is none, or an empty one
 */
export async function readSqliteLog(
  path: string,
  onRead: (bytes: number) => void = () => {},
): Promise<SqliteLog | undefined> {
  const file = await open(path, "r").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (file === undefined) return undefined;
  try {
    const { size } = await file.stat();
    if (size === 0) return undefined;
    const header = Buffer.alloc(headerBytes);
    await file.read(header, 0, headerBytes, 0);
    const magic = header.readUInt32BE(0);
    const isLittleEndian = magic === littleEndianMagic;
    let sums = checksum(header.subarray(0, 24), [0, 0], isLittleEndian);
    const isHeaderWhole =
      (isLittleEndian || magic === bigEndianMagic) &&
      sums[0] === header.readUInt32BE(24) &&
      sums[1] === header.readUInt32BE(28);
    if (!isHeaderWhole) return { frameCount: 0, damagedAt: size > headerBytes ? 0 : undefined };
    const pageBytes = header.readUInt32BE(8);
    const salts = header.subarray(16, 24);
    const frame = Buffer.alloc(frameHeaderBytes + pageBytes);
    let frameCount = 0;
    let failedAt: number | undefined;
    for (let at = headerBytes; at + frame.length <= size; at += frame.length) {
      await file.read(frame, 0, frame.length, at);
      onRead(frame.length);
      const isOfRound = frame.subarray(8, 16).equals(salts);
      if (failedAt !== undefined) {
        if (isOfRound) return { frameCount, damagedAt: failedAt };
        continue;
      }
      const head = checksum(frame.subarray(0, 8), sums, isLittleEndian);
      const whole = checksum(frame.subarray(frameHeaderBytes), head, isLittleEndian);
      if (isOfRound && whole[0] === frame.readUInt32BE(16) && whole[1] === frame.readUInt32BE(20)) {
        sums = whole;
        frameCount += 1;
      } else {
        failedAt = at;
      }
    }
    return { frameCount, damagedAt: undefined };
  } finally {
    await file.close();
  }
}

type Sums = readonly [number, number];

function checksum(bytes: Buffer, [first, second]: Sums, isLittleEndian: boolean): Sums {
  let s0 = first;
  let s1 = second;
  const word = (at: number): number => (isLittleEndian ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
  for (let at = 0; at < bytes.length; at += 8) {
    s0 = (s0 + word(at) + s1) >>> 0;
    s1 = (s1 + word(at + 4) + s0) >>> 0;
  }
  return [s0, s1];
}
