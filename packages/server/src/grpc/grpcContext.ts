import type { Clock, IdGenerator } from "@akidb/base";
import type { Database } from "@akidb/database";
import type { Logger } from "pino";

/** What the calls work with. */
export interface GrpcContext {
  readonly database: Database;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  readonly logger: Logger;
  /** Whether it listens for this machine alone. */
  readonly isLoopback: boolean;
  /** Of a whole call; of each message of a stream. */
  readonly timeoutMs: number;
  /** Of one message. */
  readonly messageBytesMax: number;
}
