/** The process that has a data directory to itself. */
export interface LockHolder {
  readonly pid: number;
  /** Where it listens; absent while it does not. */
  readonly url?: string;
  readonly startedAt: string;
  /** As its user typed it: `akidb serve`. */
  readonly command: string;
}

/** `process 1234 (akidb serve, http://127.0.0.1:8080, since 2026-01-31T09:30:00.000Z)` */
export function describeLockHolder({ pid, url, startedAt, command }: LockHolder): string {
  const details = [command, ...(url === undefined ? [] : [url]), `since ${startedAt}`];
  return `process ${pid} (${details.join(", ")})`;
}
