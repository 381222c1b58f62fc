import type { Readable, Writable } from "node:stream";

/** The standard streams, for a command that talks to a program at their other end. */
export interface Pipes {
  readonly input: Readable;
  readonly output: Writable;
  /** Resolves when the command is asked to end. */
  stopped(): Promise<unknown>;
}
