import { type AkiDbError, failedPrecondition } from "@akidb/base";

export interface ListenAttempt {
  readonly host: string;
  readonly port: number;
  /** That chooses the port. */
  readonly option: string;
}

/** What an operator can mend of an error of listening; any other one as it is. */
export function listenRefusal(error: unknown, { host, port, option }: ListenAttempt): AkiDbError | unknown {
  // gRPC's library tells the code in its message alone.
  const [code] =
    /\b(EADDRINUSE|EACCES|EADDRNOTAVAIL)\b/.exec(error instanceof Error ? error.message : "") ?? [];
  if (code === undefined) return error;
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: `the port is in use; stop what uses it, or choose another with ${option}`,
    EACCES: `the port needs privileges; choose another with ${option}`,
    EADDRNOTAVAIL: "the address is not one of this machine",
  };
  return failedPrecondition(`cannot listen on ${host}, port ${port}: ${reasons[code]}`);
}
