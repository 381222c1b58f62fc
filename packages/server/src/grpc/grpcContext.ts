import type { Clock, IdGenerator } from "@akidb/base";
import type { Logger } from "pino";
import type { ServedDatabase } from "../servedDatabase.ts";
import type { GrpcMeter } from "../telemetry/grpcMeter.ts";
import type { Tracing } from "../telemetry/tracing.ts";

/** What the calls work with. */
export interface GrpcContext {
  readonly database: ServedDatabase;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  readonly logger: Logger;
  readonly tracing: Tracing;
  /** Undefined where nothing is measured. */
  readonly meter: GrpcMeter | undefined;
  /** Whether it listens for this machine alone. */
  readonly isLoopback: boolean;
  /** Of a whole call; of each message of a stream. */
  readonly timeoutMs: number;
  /** Of one message. */
  readonly messageBytesMax: number;
}
