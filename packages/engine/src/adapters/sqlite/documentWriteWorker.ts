/** Writes the files of documents that it is told about, and sleeps in between. */
import { parentPort } from "node:worker_threads";
import {
  type DocumentWriteReply,
  type DocumentWriteRequest,
  packFailure,
  unpackChanges,
} from "./documentWriteMessage.ts";
import { SqliteDocumentFile } from "./sqliteDocumentFile.ts";

const files = new Map<string, SqliteDocumentFile>();

async function handle(request: DocumentWriteRequest): Promise<DocumentWriteReply> {
  const { requestId, path, name } = request;
  try {
    if (request.kind === "close") {
      await close(path);
      return { requestId, kind: "done", appliedLsn: 0, count: 0 };
    }
    const file = files.get(path) ?? new SqliteDocumentFile({ path, name });
    files.set(path, file);
    if (request.kind === "write") await file.write(unpackChanges(request.changes), request.appliedLsn);
    else await file.sync();
    return { requestId, kind: "done", appliedLsn: file.appliedLsn, count: file.count };
  } catch (error) {
    return { requestId, kind: "failed", failure: packFailure(error) };
  }
}

async function close(path: string): Promise<void> {
  const file = files.get(path);
  files.delete(path);
  // The last connection to close moves SQLite's log into the file: it should find it done, away from who serves.
  await file?.sync().catch(() => {});
  await file?.close();
}

parentPort?.on("message", async (request: DocumentWriteRequest) => {
  parentPort?.postMessage(await handle(request));
});
