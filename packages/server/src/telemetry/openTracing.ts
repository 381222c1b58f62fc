import type { Clock } from "@akidb/base";
import type { Logger } from "pino";
import type { Config } from "../config/index.ts";
import { passingTracing, type Tracing } from "./tracing.ts";

export interface TracingParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly version: string;
}

/** The libraries are loaded only where traces are wanted: that takes tens of milliseconds and some MiB. */
export async function openTracing(config: Config["tracing"], parts: TracingParts): Promise<Tracing> {
  const { enabled, otlpEndpoint: endpoint, sampleRatio } = config;
  if (!enabled) return passingTracing;
  const { openTelemetry } = await import("./openTelemetry.ts");
  return openTelemetry({ endpoint, sampleRatio, ...parts });
}
