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
      await files.get(path)?.close();
      files.delete(path);
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

parentPort?.on("message", async (request: DocumentWriteRequest) => {
  parentPort?.postMessage(await handle(request));
});
