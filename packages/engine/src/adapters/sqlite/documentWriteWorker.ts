/** Writes the files of documents that it is told about, and sleeps in between. */
import { parentPort } from "node:worker_threads";
import { assertNever } from "@akidb/base";
import type { DamagedFileError } from "../../damagedFileError.ts";
import {
  type DocumentWriteReply,
  type DocumentWriteRequest,
  packFailure,
  unpackChanges,
} from "./documentWriteMessage.ts";
import { SqliteDocumentFile } from "./sqliteDocumentFile.ts";

interface OpenFile {
  readonly file: SqliteDocumentFile;
  /** Of its full text, found by the request in progress. */
  textDamage: string | undefined;
}

const files = new Map<string, OpenFile>();

async function handle(request: DocumentWriteRequest): Promise<DocumentWriteReply> {
  const { requestId, path } = request;
  try {
    if (request.kind === "close") {
      await close(path);
      return {
        requestId,
        kind: "done",
        appliedLsn: 0,
        count: 0,
        areTextsComplete: true,
        cacheBytesMax: 0,
        textDamage: undefined,
      };
    }
    const open = files.get(path) ?? openFile(request);
    files.set(path, open);
    const { file } = open;
    await perform(file, request);
    const { textDamage } = open;
    open.textDamage = undefined;
    const areTextsComplete = file.texts.isComplete;
    return {
      requestId,
      kind: "done",
      appliedLsn: file.appliedLsn,
      count: file.count,
      areTextsComplete,
      cacheBytesMax: file.memoryBytes,
      textDamage,
    };
  } catch (error) {
    return { requestId, kind: "failed", failure: packFailure(error) };
  }
}

async function perform(
  file: SqliteDocumentFile,
  request: Exclude<DocumentWriteRequest, { readonly kind: "close" }>,
): Promise<void> {
  switch (request.kind) {
    case "write":
      return await file.write(unpackChanges(request.changes), request.appliedLsn);
    case "sync":
      return await file.sync();
    case "indexTexts":
      return await file.texts.indexSome();
    case "renewTexts":
      return await file.texts.beginAnew();
    default:
      assertNever(request);
  }
}

function openFile({ path, name, textLanguage }: DocumentWriteRequest): OpenFile {
  const onTextDamage = ({ reason }: DamagedFileError): void => {
    open.textDamage = reason;
  };
  const open: OpenFile = {
    file: new SqliteDocumentFile({ path, name, textLanguage, onTextDamage }),
    textDamage: undefined,
  };
  return open;
}

async function close(path: string): Promise<void> {
  const file = files.get(path)?.file;
  files.delete(path);
  // The last connection to close moves SQLite's log into the file: it should find it done, away from who serves.
  await file?.sync().catch(() => {});
  await file?.close();
}

parentPort?.on("message", async (request: DocumentWriteRequest) => {
  parentPort?.postMessage(await handle(request));
});
