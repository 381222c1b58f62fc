import { isAkiDbError, unavailable } from "@akidb/base";
import type { HubFile, HubModel, ModelHub } from "./modelHub.ts";
import type { IncomingFile, IncomingModel, ModelStore } from "./modelStore.ts";

export interface ModelPull {
  readonly hub: ModelHub;
  readonly store: ModelStore;
  readonly model: HubModel;
  /** Of the model's. */
  readonly files: readonly HubFile[];
  /** Bytes that are there, of all files; less than before where some had to be thrown away. */
  readonly onProgress: (bytes: number) => void;
  readonly pause: (ms: number) => Promise<unknown>;
}

/** In a row, without a byte between them. */
const failuresMax = 5;
const firstPauseMs = 500;
const pauseMsMax = 30_000;

/**
 * Fetches the files and puts them in their place when all are there and verified. What is left behind by a failure is where the
 * next pull of the same commit goes on.
 */
export async function pullModel(pull: ModelPull): Promise<void> {
  const incoming = await pull.store.openIncoming(pull.model);
  let before = 0;
  for (const file of pull.files) {
    const here = before;
    await pullFile(pull, { incoming, file, onProgress: (bytes) => pull.onProgress(here + bytes) });
    before += file.sizeBytes;
    pull.onProgress(before);
  }
  await incoming.finish(pull.files);
}

interface FilePull {
  readonly incoming: IncomingModel;
  readonly file: HubFile;
  readonly onProgress: (bytes: number) => void;
}

async function pullFile(pull: ModelPull, filePull: FilePull): Promise<void> {
  const { incoming, file } = filePull;
  if (await incoming.hasFile(file)) return;
  let mismatches = 0;
  for (let failures = 0; ; ) {
    const part = await incoming.openFile(file);
    const sizeBefore = part.sizeBytes;
    let pauseMs = 0;
    try {
      await receive(pull, filePull, part);
      if (await part.finish()) return;
      mismatches += 1;
    } catch (error) {
      if (!isAkiDbError(error) || error.retryAfterMs === undefined) throw error;
      failures = part.sizeBytes > sizeBefore ? 1 : failures + 1;
      if (failures === failuresMax) throw error;
      pauseMs = Math.max(error.retryAfterMs, Math.min(pauseMsMax, firstPauseMs * 2 ** failures));
    } finally {
      await part.close();
    }
    // Once it may be what was here already, or damage on the way.
    if (mismatches === 2) throw mismatch(pull.hub, file);
    if (pauseMs > 0) await pull.pause(pauseMs);
  }
}

/** What is missing of the file, if anything is. */
async function receive(
  { hub, model }: ModelPull,
  { file, onProgress }: FilePull,
  part: IncomingFile,
): Promise<void> {
  if (part.sizeBytes > file.sizeBytes) await part.restart();
  if (part.sizeBytes === file.sizeBytes) return;
  const { fromByte, chunks } = await hub.download(model, file, part.sizeBytes);
  if (fromByte !== part.sizeBytes) await part.restart();
  for await (const chunk of chunks) {
    // More than is listed is not taken; the checksum tells whether it matters.
    await part.write(chunk.subarray(0, file.sizeBytes - part.sizeBytes));
    onProgress(part.sizeBytes);
    if (part.sizeBytes === file.sizeBytes) return;
  }
  throw unavailable(`${hub.name} has ended the connection in the middle of ${file.path}`, {
    retryAfterMs: firstPauseMs,
  });
}

const mismatch = (hub: ModelHub, file: HubFile): Error =>
  unavailable(
    `${file.path} that ${hub.name} sends is not the one that it lists: its checksum is another one`,
  );
