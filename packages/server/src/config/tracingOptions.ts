import type { OptionSpec } from "./optionSpec.ts";

/** Where traces of requests go. */
export const tracingOptions = {
  enabled: {
    type: "boolean",
    default: false,
    help: "Record traces of requests and send them by OTLP over HTTP, to Jaeger or any other collector",
  },
  otlp_endpoint: {
    type: "string",
    default: "http://127.0.0.1:4318",
    placeholder: "URL",
    help: "Where the collector is; /v1/traces is put behind it",
  },
  sample_ratio: {
    type: "number",
    default: 0.01,
    min: 0,
    max: 1,
    help: "Share of the traces that is recorded, of those that begin here; a caller's traceparent decides for its own",
  },
} as const satisfies { readonly [key: string]: OptionSpec };
