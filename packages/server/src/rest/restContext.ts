import type { Clock } from "@akidb/base";
import type { Logger } from "pino";
import type { ServedDatabase } from "../servedDatabase.ts";
import type { HttpMeter } from "../telemetry/httpMeter.ts";
import type { Tracing } from "../telemetry/tracing.ts";
import type { CrossOrigins } from "./crossOrigin.ts";

/** What the routes work with. */
export interface RestContext {
  readonly database: ServedDatabase;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly tracing: Tracing;
  /** Undefined where nothing is measured. */
  readonly meter: HttpMeter | undefined;
  readonly version: string;
  /** Whether it listens for this machine alone. */
  readonly isLoopback: boolean;
  /** Whether whoever calls has to show who it is. */
  readonly requiresCredentials: boolean;
  /** Whose web pages may call. */
  readonly crossOrigins: CrossOrigins;
  /** One limit for the whole of a request; for each batch of a stream. */
  readonly timeoutMs: number;
  readonly bodyBytesMax: number;
  readonly batchDocumentsMax: number;
}
