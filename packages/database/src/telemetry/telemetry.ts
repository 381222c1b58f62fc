import { type DatabaseMeter, unmeasuredDatabase } from "./databaseMeter.ts";
import { type Tracer, untraced } from "./span.ts";

/** Where the database tells what it does and how long it takes. */
export interface Telemetry {
  readonly meter: DatabaseMeter;
  readonly tracer: Tracer;
}

/** To nobody. */
export const noTelemetry: Telemetry = { meter: unmeasuredDatabase, tracer: untraced };
