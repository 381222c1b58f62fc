import type { HubFile, HubModel } from "./modelHub.ts";

/** Where models are on this machine, each a folder; every method rejects with AkiDbError that names the path. */
export interface ModelStore {
  /** The folder of a model, whether it is there or not. */
  pathOf(id: string): string;
  has(id: string): boolean;
  /** Whether what is there is a model. */
  hasModel(id: string): boolean;
  /** All of it or, where it fails, what is no model any more. */
  remove(id: string): Promise<void>;
  /** What an earlier attempt has left of the same commit, or nothing yet. */
  openIncoming(model: HubModel): Promise<IncomingModel>;
}

/** A model on its way, in a folder beside those of the models. */
export interface IncomingModel {
  /** Whole and verified. */
  hasFile(file: HubFile): Promise<boolean>;
  /** Behind what an earlier attempt has left of it. */
  openFile(file: HubFile): Promise<IncomingFile>;
  /** Puts the model in its place, with these files and no others; one that is there already is replaced. */
  finish(files: readonly HubFile[]): Promise<void>;
}

export interface IncomingFile {
  readonly sizeBytes: number;
  write(bytes: Uint8Array): Promise<void>;
  /** Forgets what it has. */
  restart(): Promise<void>;
  /** Whether what it has is the file, by its checksum; only that is kept for good. */
  finish(): Promise<boolean>;
  /** Keeps what it has for the next attempt. */
  close(): Promise<void>;
}
