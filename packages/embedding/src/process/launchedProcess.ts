/** Another program of this machine, spoken to over its standard input and output. */
export interface LaunchedProcess {
  readonly output: AsyncIterable<Uint8Array>;
  /** Its standard error. */
  readonly complaints: AsyncIterable<Uint8Array>;
  /** How, as the end of a sentence: `ended with exit code 3`, `cannot be started (ENOENT)`. Never rejects. */
  readonly ended: Promise<string>;
  /** What it does not read is held. */
  write(data: string | Uint8Array): void;
  endInput(): void;
  /** And whatever it has started itself. */
  kill(signal: "SIGTERM" | "SIGKILL"): void;
}

export type LaunchProcess = () => LaunchedProcess;
