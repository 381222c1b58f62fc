import { open } from "node:fs/promises";

/** A file of lines that only grows. */
export interface LogFile {
  append(line: string): Promise<void>;
  /** Resolves when everything is on the device. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** Made if absent. A line that was cut off ends where the next one begins. */
export async function openLogFile(path: string): Promise<LogFile> {
  const file = await open(path, "a+");
  const { size } = await file.stat();
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, Math.max(0, size - 1));
  if (size > 0 && buffer[0] !== 0x0a) await file.appendFile("\n");
  return {
    append: (line) => file.appendFile(`${line}\n`),
    sync: () => file.datasync(),
    close: () => file.close(),
  };
}
