import type { Clock, Random } from "@akidb/base";
import type { Machine } from "./doctor/machine.ts";
import type { Files } from "./files.ts";
import type { Pipes } from "./pipes.ts";
import type { Terminal } from "./terminal/terminal.ts";

/** All that a command may touch of the world. */
export interface Cli {
  readonly terminal: Terminal;
  readonly files: Files;
  readonly machine: Machine;
  readonly pipes: () => Pipes;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly random: Random;
  readonly version: string;
  /** Exit code of a command that ends without an error; 0 if never called. */
  exitWith(code: number): void;
}
