/** A program that speaks the protocol of docs/embeddings.md over its standard input and output. */
export interface ProgramOptions {
  /** The program and its arguments; no shell reads them. */
  readonly command: readonly string[];
  /** What runs the command, which is a Python script then; the command is a program if absent. */
  readonly pythonPath?: string | undefined;
  readonly model: string;
  /** Texts of one request; 32 if absent. */
  readonly batchSize?: number;
  /** Without any answer while some is due; 30,000 if absent. The program is killed then. */
  readonly timeoutMs?: number;
  /** Without any text until it is ended, to be started with the next one; never if absent. */
  readonly idleMs?: number;
  /** From its start until it is ready, with its model loaded; two minutes if absent. */
  readonly startTimeoutMs?: number;
}

/** What speaks with a program does not know how it is started. */
export type SessionOptions = Omit<ProgramOptions, "command" | "pythonPath">;

export const programDefaults = { batchSize: 32, timeoutMs: 30_000, startTimeoutMs: 120_000 } as const;
