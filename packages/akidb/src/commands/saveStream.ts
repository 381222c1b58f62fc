import type { SnapshotDownload } from "@akidb/base";
import type { Cli } from "../cli.ts";
import { formatBytes } from "../terminal/formatNumber.ts";

/** Writes a stream to a file, with a bar on a terminal; a stream that breaks leaves no file. */
export async function saveStream(
  { files, terminal, clock }: Cli,
  { path, body, sizeBytes }: SnapshotDownload & { readonly path: string },
): Promise<void> {
  const startMs = clock.monotonicMs();
  const file = await files.createBinary(path);
  const bar = terminal.startBar({ title: path, total: sizeBytes });
  let bytes = 0;
  try {
    for await (const chunk of body) {
      await file.write(chunk);
      bytes += chunk.length;
      const seconds = Math.max(0.001, (clock.monotonicMs() - startMs) / 1000);
      bar?.update(
        bytes,
        `${formatBytes(bytes)}/${formatBytes(sizeBytes)}, ${formatBytes(bytes / seconds)}/s`,
      );
    }
    await file.commit();
  } catch (error) {
    await file.abandon();
    throw error;
  } finally {
    bar?.stop();
  }
}
