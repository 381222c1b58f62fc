import { DamagedFileError } from "../../damagedFileError.ts";
import type { DocumentChanges, DocumentFile } from "../../documents/documentFile.ts";
import type { DocumentTexts } from "../../documents/documentTexts.ts";
import { type DocumentWriteRequest, packChanges, type WrittenFile } from "./documentWriteMessage.ts";
import type { SqliteDocumentFile } from "./sqliteDocumentFile.ts";
import type { TextThread } from "./textThread.ts";

/** A request without its number, as its file knows it. */
export type DocumentWriteTask = DocumentWriteRequest extends infer Request
  ? Request extends DocumentWriteRequest
    ? Omit<Request, "requestId">
    : never
  : never;

export interface ThreadedDocumentFileParts {
  readonly file: SqliteDocumentFile;
  readonly request: (task: DocumentWriteTask) => Promise<WrittenFile>;
  readonly texts: TextThread;
}

/** Reads here, writes there: SQLite shows this connection what the other one has committed. */
export class ThreadedDocumentFile implements DocumentFile {
  readonly texts: DocumentTexts;
  readonly #file: SqliteDocumentFile;
  readonly #request: (task: DocumentWriteTask) => Promise<WrittenFile>;
  readonly #textThread: TextThread;
  #appliedLsn: number;
  #count: number;
  #areTextsComplete: boolean;
  #cacheBytesMax: number;
  #isWritten = false;

  constructor({ file, request, texts }: ThreadedDocumentFileParts) {
    this.#file = file;
    this.#request = request;
    this.#textThread = texts;
    this.#appliedLsn = file.appliedLsn;
    this.#count = file.count;
    this.#areTextsComplete = file.texts.isComplete;
    this.#cacheBytesMax = file.memoryBytes;
    this.texts = this.#threadedTexts();
  }

  get path(): string {
    return this.#file.path;
  }

  get appliedLsn(): number {
    return this.#appliedLsn;
  }

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#file.bytes;
  }

  /** Both connections have a cache. */
  get memoryBytes(): number {
    return this.#cacheBytesMax * (this.#isWritten ? 2 : 1);
  }

  read: DocumentFile["read"] = (id) => this.#file.read(id);

  readMany: DocumentFile["readMany"] = (ids) => this.#file.readMany(ids);

  ids: DocumentFile["ids"] = () => this.#file.ids();

  expirations: DocumentFile["expirations"] = () => this.#file.expirations();

  idsAfter: DocumentFile["idsAfter"] = (after, count) => this.#file.idsAfter(after, count);

  async write(changes: DocumentChanges, appliedLsn: number): Promise<void> {
    await this.#ask({ ...this.#target, kind: "write", changes: packChanges(changes), appliedLsn });
  }

  async sync(): Promise<void> {
    await this.#ask({ ...this.#target, kind: "sync" });
  }

  async close(): Promise<void> {
    try {
      await this.#textThread.forget(this.#file.path);
      if (this.#isWritten) await this.#request({ ...this.#target, kind: "close" });
    } finally {
      await this.#file.close();
    }
  }

  get #target() {
    const { path, name, textLanguage } = this.#file;
    return { path, name, textLanguage };
  }

  #threadedTexts(): DocumentTexts {
    const areComplete = () => this.#areTextsComplete;
    return {
      get isComplete() {
        return areComplete();
      },
      indexSome: () => this.#ask({ ...this.#target, kind: "indexTexts" }),
      beginAnew: () => this.#ask({ ...this.#target, kind: "renewTexts" }),
      read: () => this.#textThread.read(this.#target),
      mark: (texts, phrases) => this.#textThread.mark(texts, phrases, this.#file.textLanguage),
    };
  }

  async #ask(task: DocumentWriteTask): Promise<void> {
    this.#isWritten = true;
    const { appliedLsn, count, areTextsComplete, cacheBytesMax, textDamage } = await this.#request(task);
    this.#appliedLsn = appliedLsn;
    this.#count = count;
    this.#areTextsComplete = areTextsComplete;
    this.#cacheBytesMax = cacheBytesMax;
    if (textDamage === undefined) return;
    this.#file.onTextDamage(new DamagedFileError(this.#file.name, textDamage, { isDerived: true }));
  }
}
