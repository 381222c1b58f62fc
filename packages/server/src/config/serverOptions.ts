import type { OptionSpec } from "./optionSpec.ts";

/** Where it listens, and how long a request may take. */
export const serverOptions = {
  host: {
    type: "string",
    default: "127.0.0.1",
    placeholder: "HOST",
    help: "Address to listen on; anywhere but on loopback, requests have to show credentials unless auth.mode is off",
    shortEnv: ["AKIDB_HOST"],
    shortFlags: ["--host"],
  },
  rest_port: {
    type: "integer",
    default: 8080,
    min: 0,
    max: 65_535,
    help: "Port of the REST API; 0 takes any free port",
    shortEnv: ["AKIDB_REST_PORT"],
    shortFlags: ["--rest-port", "--port"],
  },
  grpc_port: {
    type: "integer",
    default: 9090,
    min: 0,
    max: 65_535,
    help: "Port of the gRPC API; 0 takes any free port",
    shortEnv: ["AKIDB_GRPC_PORT"],
    shortFlags: ["--grpc-port"],
  },
  timeout_seconds: {
    type: "integer",
    default: 30,
    min: 1,
    max: 3_600,
    unit: "seconds",
    help: "A request that takes longer is answered with deadline_exceeded",
  },
  threads: {
    type: "integer",
    default: 0,
    min: 0,
    max: 64,
    help:
      "Threads that take connections, read requests, search and write answers, beside the one that holds the data; 0 " +
      "for that one alone. More than 1 share the ports, which Linux alone can do",
  },
  tls_cert: {
    type: "optional string",
    whenAbsent: "plain HTTP",
    placeholder: "FILE",
    help: "PEM file of the certificate for HTTPS and gRPC, with those of the authorities between it and the root behind it; read at the start",
  },
  tls_key: {
    type: "optional string",
    whenAbsent: "plain HTTP",
    placeholder: "FILE",
    help: "PEM file of the certificate's private key, without a passphrase",
  },
  cors_origins: {
    type: "optional string",
    whenAbsent: "no web page of another origin",
    placeholder: "ORIGINS",
    help:
      "Origins whose web pages may call, such as https://app.example.com, with commas between them; * for any, where " +
      "requests have to show credentials",
  },
} as const satisfies { readonly [key: string]: OptionSpec };
