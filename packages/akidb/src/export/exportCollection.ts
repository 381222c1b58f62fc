import { type AkiDb, type Collection, failedPrecondition, type SnapshotInfo } from "@akidb/base";
import { openDocumentFile } from "@akidb/parquet";
import type { Cli } from "../cli.ts";
import { saveStream } from "../commands/saveStream.ts";
import { waitForSnapshot } from "../commands/waitForSnapshot.ts";
import { type BinaryWriter, stdoutPath } from "../files.ts";
import { formatCount } from "../terminal/formatNumber.ts";
import type { ExportFormat } from "./exportFormat.ts";
import type { VectorForm } from "./jsonLine.ts";
import { textFormats } from "./textFormat.ts";

export interface ExportRequest {
  readonly collection: string;
  /** {@link stdoutPath} for the standard output. */
  readonly path: string;
  readonly format: ExportFormat;
  readonly vectors: VectorForm;
}

export interface ExportSummary {
  readonly documentCount: number;
  readonly sizeBytes: number;
}

/** Written at once. */
const chunkCharactersMax = 256 * 1024;

/**
 * Writes all documents of a collection, as they were at one moment, to a file: by way of a snapshot, which is deleted
 * when it has been copied, and the file appears when it is complete.
 */
export async function exportCollection(cli: Cli, db: AkiDb, request: ExportRequest): Promise<ExportSummary> {
  const { path, format } = request;
  const collection = db.collection(request.collection);
  if (format === "parquet" && path !== stdoutPath) {
    return await withSnapshot(cli, collection, async (snapshot) => {
      const { body, sizeBytes } = await collection.downloadSnapshot(snapshot.id);
      await saveStream(cli, { path, body, sizeBytes });
      return { documentCount: documentsOf(snapshot), sizeBytes };
    });
  }
  // The snapshot is gone before the first byte is written: a reader of a pipe may end it, and with it this process.
  using directory = cli.files.createTemporaryDirectory({ beside: path === stdoutPath ? undefined : path });
  const copy = `${directory.path}/documents.parquet`;
  const documentCount = await withSnapshot(cli, collection, async (snapshot) => {
    await saveStream(cli, { path: copy, ...(await collection.downloadSnapshot(snapshot.id)) });
    return documentsOf(snapshot);
  });
  const chunks =
    format === "parquet"
      ? (await cli.files.openInput(copy)).chunks
      : textLines(cli, { ...request, copy, documentCount, format });
  return { documentCount, sizeBytes: await writeAll(cli, path, chunks) };
}

async function withSnapshot<Result>(
  cli: Cli,
  collection: Collection,
  work: (snapshot: SnapshotInfo) => Promise<Result>,
): Promise<Result> {
  const begun = await collection.createSnapshot({ wait: false });
  let result: Result;
  try {
    result = await work(await waitForSnapshot(cli, collection, begun));
  } catch (error) {
    // Why the export failed tells more than what came of it.
    await collection.deleteSnapshot(begun.id).catch(() => {});
    throw error;
  }
  await collection.deleteSnapshot(begun.id);
  return result;
}

function documentsOf({ id, documentCount }: SnapshotInfo): number {
  if (documentCount === null)
    throw failedPrecondition(`snapshot ${id} does not say how many documents it has`);
  return documentCount;
}

async function* textLines(
  { files, terminal, clock }: Cli,
  {
    copy,
    documentCount,
    collection,
    format,
    vectors,
  }: Omit<ExportRequest, "format"> & {
    readonly format: keyof typeof textFormats;
    readonly copy: string;
    readonly documentCount: number;
  },
): AsyncGenerator<Uint8Array> {
  const source = await files.openRandomAccess(copy);
  const bar = terminal.startBar({ title: collection, total: documentCount });
  const startMs = clock.monotonicMs();
  const encoder = new TextEncoder();
  const { beginning, line, separator, end } = textFormats[format];
  let lines = beginning;
  let written = 0;
  try {
    const file = await openDocumentFile({ source, name: copy });
    for await (const columns of file.batches({ rowsMax: 1_024 })) {
      for (let row = 0; row < columns.rowCount; row++) {
        if (written + row > 0) lines += separator;
        lines += line(columns, row, vectors);
        if (lines.length < chunkCharactersMax) continue;
        yield encoder.encode(lines);
        lines = "";
      }
      written += columns.rowCount;
      const seconds = Math.max(0.001, (clock.monotonicMs() - startMs) / 1000);
      bar?.update(written, `${formatCount(written)} documents, ${formatCount(written / seconds)}/s`);
    }
    lines += end;
    if (lines !== "") yield encoder.encode(lines);
  } finally {
    bar?.stop();
    await source.close();
  }
}

async function writeAll({ files }: Cli, path: string, chunks: AsyncIterable<Uint8Array>): Promise<number> {
  const writer: BinaryWriter = await files.createBinary(path);
  let sizeBytes = 0;
  try {
    for await (const chunk of chunks) {
      await writer.write(chunk);
      sizeBytes += chunk.length;
    }
    await writer.commit();
  } catch (error) {
    await writer.abandon();
    throw error;
  }
  return sizeBytes;
}
