/** What the command line does with files; every method rejects or throws AkiDbError that names the path. */
export interface Files {
  exists(path: string): boolean;
  /** The same path for a process in another folder. */
  absolute(path: string): string;
  openInput(path: string): Promise<InputFile>;
  /** For formats that are not read from front to back; refuses what has no size, such as a pipe. */
  openRandomAccess(path: string): Promise<RandomAccessFile>;
  /** Decoded as UTF-8. */
  readText(path: string): string;
  /** Of a file that is not there yet, and that its owner alone may read; false, and nothing, where it is. */
  createPrivateText(path: string, text: string): boolean;
  /** Creates the file, or empties the one that is there. */
  createText(path: string): Promise<TextWriter>;
  /** Of what is in the file it keeps so many bytes, and writes behind them; creates it where there is none. */
  continueText(path: string, keptBytes: number): Promise<TextWriter>;
  /** Of a file that may be there. */
  remove(path: string): Promise<void>;
  /**
   * A file that appears under its name when it is complete; one that is there already is replaced. The standard output
   * takes what is written as it comes.
   */
  createBinary(path: string): Promise<BinaryWriter>;
  /** The documentation that came with the program, in order of path; empty where there is none. */
  readDocumentation(): readonly DocumentationPage[];
  /** An empty directory, gone when disposed of or when the process exits; where the system has them, or beside a file. */
  createTemporaryDirectory(place?: { readonly beside?: string | undefined }): TemporaryDirectory;
}

/** The path of the standard input. */
export const stdinPath = "-";
/** The path of the standard output. */
export const stdoutPath = "-";

export interface InputFile {
  /** Undefined where it cannot be known, as of a pipe. */
  readonly sizeBytes: number | undefined;
  /** May be iterated once; rejects with AkiDbError. */
  readonly chunks: AsyncIterable<Uint8Array>;
}

export interface RandomAccessFile {
  readonly byteLength: number;
  /** Fewer bytes where the file ends. */
  read(offset: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

export interface TextWriter {
  /** Resolves when more may be written. */
  write(text: string): Promise<void>;
  close(): Promise<void>;
}

export interface BinaryWriter {
  write(bytes: Uint8Array): Promise<void>;
  commit(): Promise<void>;
  /** Leaves nothing behind. */
  abandon(): Promise<void>;
}

export interface DocumentationPage {
  /** Relative to the root of the documentation, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

export interface TemporaryDirectory extends Disposable {
  readonly path: string;
}
