/** The machine as `akidb doctor` looks at it. */
export interface Machine {
  readonly nodeVersion: string;
  readonly memory: MemoryLimits;
  /** Of the file system that the path is on, or is to be on. */
  disk(path: string): Promise<DiskSpace>;
  /** Writes, syncs and removes a file in a directory, or in the nearest one above that exists. */
  tryWriting(path: string): Promise<WritingTrial>;
  /** @returns undefined where nobody listens, else the operating system's code */
  tryListening(host: string, port: number): Promise<string | undefined>;
  /** The JSON of an answer, whatever its status; undefined where none comes. */
  getJson(url: string): Promise<unknown>;
}

export interface MemoryLimits {
  readonly totalBytes: number;
  /** Of the control group, as a container has it; undefined without one. */
  readonly limitBytes: number | undefined;
  /** Of Node's heap, which holds neither vectors nor buffers. */
  readonly heapBytes: number;
}

export interface DiskSpace {
  readonly freeBytes: number;
  readonly totalBytes: number;
  /** The number that Linux has for its kind; 0 elsewhere. */
  readonly kind: number;
}

export type WritingTrial =
  | { readonly kind: "written"; readonly exists: boolean; readonly isReadByOthers: boolean }
  | { readonly kind: "refused"; readonly path: string; readonly code: string };
