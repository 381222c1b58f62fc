import {
  AkiDbError,
  type CallOptions,
  invalidArgument,
  isAkiDbError,
  type Random,
  systemClock,
} from "@akidb/base";
import { attempts } from "../attempts.ts";
import { type CallSignal, callSignal } from "../callSignal.ts";
import type { CredentialHeaders } from "../credentials.ts";
import type { Channel, ChannelCall } from "./channel.ts";
import type { GrpcAddress } from "./grpcAddress.ts";
import type { MethodName, RequestOf, ResponseOf, ServiceName } from "./grpcServices.ts";
import { requestRefusal } from "./requestRefusal.ts";
import type { TlsOptions } from "./tlsOptions.ts";

export interface CallOf<Request> {
  /** Makes the message; what it throws is the caller's `invalid_argument`. */
  readonly request: () => Request;
  /** Whether doing it twice does what doing it once does, so that it may be tried again when no answer came. */
  readonly repeatable: boolean;
  readonly options: CallOptions | undefined;
}

export interface GrpcCalls {
  /** The same, to another database than that called `default`. */
  withDatabase(nameOrId: string): GrpcCalls;
  send<Service extends ServiceName, Name extends MethodName<Service>>(
    service: Service,
    method: Name,
    call: CallOf<RequestOf<Service, Name>>,
  ): Promise<ResponseOf<Service, Name>>;
  /** Messages both ways, of which the answers are held until the last. */
  exchange<Service extends ServiceName, Name extends MethodName<Service>>(
    service: Service,
    method: Name,
    call: CallOf<readonly RequestOf<Service, Name>[]>,
  ): Promise<readonly ResponseOf<Service, Name>[]>;
  /** Answers of any number, each fetched when it is asked for; the timeout is that of the first. */
  open<Service extends ServiceName, Name extends MethodName<Service>>(
    service: Service,
    method: Name,
    call: Omit<CallOf<RequestOf<Service, Name>>, "repeatable">,
  ): Promise<OpenAnswers<ResponseOf<Service, Name>>>;
  close(): Promise<void>;
}

export interface OpenAnswers<Answer> {
  /** Undefined where there is none at all. */
  readonly first: Answer | undefined;
  readonly rest: AsyncGenerator<Answer, void, undefined>;
}

export interface GrpcCallsOptions {
  readonly address: GrpcAddress;
  readonly random: Random;
  readonly timeoutMs: number;
  readonly credentials: CredentialHeaders;
  readonly tls: TlsOptions;
}

export const createGrpcCalls = (options: GrpcCallsOptions): GrpcCalls =>
  callsOn(new LazyChannel(options), options);

/** The library and the generated code take longer to load than a short program runs: the first call loads them. */
class LazyChannel {
  readonly #options: GrpcCallsOptions;
  #channel: Promise<Channel> | undefined;
  #isClosed = false;

  constructor(options: GrpcCallsOptions) {
    this.#options = options;
  }

  get(): Promise<Channel> {
    if (this.#isClosed) throw new AkiDbError("unavailable", "the connection is closed");
    this.#channel ??= import("./channel.ts").then(({ openChannel }) => openChannel(this.#options));
    return this.#channel;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    (await this.#channel)?.close();
  }
}

/** Metadata of gRPC is printable ASCII, and so are the names that a database may have. */
const printable = /^[\x21-\x7e]+$/;

type Outcome<Answer> =
  | { readonly ok: true; readonly answer: Answer }
  | { readonly ok: false; readonly error: AkiDbError };

function callsOn(lazy: LazyChannel, options: GrpcCallsOptions, database?: string): GrpcCalls {
  const { address, random, timeoutMs: timeoutMsDefault, credentials } = options;

  async function headersOf(): Promise<Readonly<Record<string, string>>> {
    if (database === undefined) return await credentials();
    if (typeof database !== "string" || !printable.test(database)) {
      throw invalidArgument("database", "must be the name of a database, or its id");
    }
    return { ...(await credentials()), "x-akidb-database": database };
  }

  async function run<Answer>(
    target: Pick<ChannelCall, "service" | "method">,
    { repeatable, options }: CallOf<unknown>,
    attempt: (channel: Channel, call: ChannelCall) => Promise<Answer>,
  ): Promise<Answer> {
    const timeoutMs = options?.timeoutMs ?? timeoutMsDefault;
    const call = callSignal(address.url, timeoutMs, options?.signal);
    const deadlineMs = systemClock.nowMs() + timeoutMs;
    const headers = await headersOf();
    const channel = await lazy.get();
    const attemptOnce = async (): Promise<Outcome<Answer>> => {
      try {
        throwIfEnded(call);
        const answer = await attempt(channel, { ...target, headers, deadlineMs, signal: call.signal });
        return { ok: true, answer };
      } catch (error) {
        if (!isAkiDbError(error)) throw error;
        return { ok: false, error: call.error() ?? error };
      }
    };
    const outcome = await attempts(attemptOnce, { call, repeatable, random });
    if (!outcome.ok) throw outcome.error;
    return outcome.answer;
  }

  return {
    withDatabase: (nameOrId) => callsOn(lazy, options, nameOrId),

    send: async (service, method, call) => {
      const bytes = (await lazy.get()).encode(service, method, written(call.request));
      const answer = await run({ service, method }, call, (channel, one) => channel.unary(one, bytes));
      return answer as ResponseOf<typeof service, typeof method>;
    },

    exchange: async (service, method, call) => {
      const { encode } = await lazy.get();
      const messages = written(call.request).map((message) => encode(service, method, message));
      return await run({ service, method }, call, async (channel, one) => {
        const answers: ResponseOf<typeof service, typeof method>[] = [];
        for await (const answer of channel.exchange(one, messages)) answers.push(answer as never);
        return answers;
      });
    },

    open: async (service, method, { request, options }) => {
      const channel = await lazy.get();
      const bytes = channel.encode(service, method, written(request));
      const call = callSignal(address.url, options?.timeoutMs ?? timeoutMsDefault, options?.signal);
      throwIfEnded(call);
      const headers = await headersOf();
      // The call's own signal would cut the answers short when its time is up.
      const opening = new AbortController();
      const stop = (): void => opening.abort();
      call.signal.addEventListener("abort", stop);
      const signal =
        options?.signal === undefined ? opening.signal : AbortSignal.any([opening.signal, options.signal]);
      const one = { service, method, headers, deadlineMs: Number.POSITIVE_INFINITY, signal };
      const answers = channel.receive(one, bytes) as OpenAnswers<
        ResponseOf<typeof service, typeof method>
      >["rest"];
      try {
        const { value, done } = await answers.next();
        return { first: done ? undefined : value, rest: answers };
      } catch (error) {
        throw call.error() ?? error;
      } finally {
        call.signal.removeEventListener("abort", stop);
      }
    },

    close: () => lazy.close(),
  };
}

function written<Request>(request: () => Request): Request {
  try {
    return request();
  } catch (error) {
    throw requestRefusal(error);
  }
}

function throwIfEnded(call: CallSignal): void {
  const ended = call.error();
  if (ended !== undefined) throw ended;
}
