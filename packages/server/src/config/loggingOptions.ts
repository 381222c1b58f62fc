import type { OptionSpec } from "./optionSpec.ts";

/** What is written to the log, and how. */
export const loggingOptions = {
  level: {
    type: "enum",
    values: ["trace", "debug", "info", "warn", "error", "silent"],
    default: "info",
    help: "Least severe messages to write",
    shortEnv: ["AKIDB_LOG_LEVEL"],
    shortFlags: ["--log-level"],
  },
  format: {
    type: "enum",
    values: ["pretty", "json"],
    default: "json",
    defaultOnTerminal: "pretty",
    help: "Lines for people, or one JSON object a line",
    shortEnv: ["AKIDB_LOG_FORMAT"],
    shortFlags: ["--log-format"],
  },
  slow_query_ms: {
    type: "integer",
    default: 1_000,
    min: 0,
    max: 3_600_000,
    unit: "milliseconds",
    help: "Queries that take longer are logged with their plan, without vectors, texts and values; 0 for none",
  },
} as const satisfies { readonly [key: string]: OptionSpec };
