import type { Admission, Caller, Database, Gauges, SearchLease } from "@akidb/database";
import type { Measured } from "./remoteMetrics.ts";
import type { SentError } from "./sentError.ts";

/** Of {@link Call}, what goes to another thread: the deadline as what is left of it. */
export interface SentCall {
  readonly requestId: string;
  readonly trace: { readonly id: string; readonly traceparent: string } | undefined;
  readonly caller: Caller;
  readonly route: string | undefined;
  readonly database: string | undefined;
  readonly remainingMs: number;
}

export interface SentAdmission extends Omit<Admission, "refusal"> {
  readonly refusal: SentError | undefined;
}

type Principal = NonNullable<Caller["principal"]>;

/** What a thread that serves asks of the one that holds the data. */
export type Question =
  | {
      readonly kind: "execute";
      readonly operation: string;
      readonly input: unknown;
      readonly call: SentCall;
      /** Whether it is a search, and the thread wants to answer others like it by itself. */
      readonly wantsLease: boolean;
    }
  | { readonly kind: "authenticate"; readonly credential: Parameters<Database["authenticate"]>[0] }
  | { readonly kind: "authenticate_owner"; readonly proof: string }
  | { readonly kind: "admit"; readonly principal: Principal }
  | { readonly kind: "pace"; readonly principal: Principal }
  | { readonly kind: "readiness" }
  | { readonly kind: "loaded" }
  | { readonly kind: "metrics"; readonly gauges: Gauges };

/** Where a server is reached. */
export interface Addresses {
  /** Of the REST API. */
  readonly url: string;
  /** Host and port of the gRPC API. */
  readonly grpcAddress: string;
}

export type FromThread =
  | { readonly kind: "ask"; readonly id: number; readonly question: Question }
  /** Nobody waits for the answer any more. */
  | { readonly kind: "cancel"; readonly id: number }
  /** Requests of callers without a rate: nobody waits to hear that they may go on. */
  | { readonly kind: "admitted"; readonly principal: Principal; readonly count: number }
  | { readonly kind: "measured"; readonly measured: Measured }
  | { readonly kind: "mcp_cancelled"; readonly key: string }
  | { readonly kind: "listening"; readonly addresses: Addresses }
  | { readonly kind: "not_listening"; readonly error: SentError };

export type ToThread =
  | {
      readonly kind: "answer";
      readonly id: number;
      readonly value: unknown;
      readonly lease?: SearchLease | undefined;
    }
  | { readonly kind: "refusal"; readonly id: number; readonly error: SentError }
  | { readonly kind: "mcp_cancelled"; readonly key: string }
  | { readonly kind: "close" };
