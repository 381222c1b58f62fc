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
  readonly address: GrpcAddress;
  /** The same, with a database named to the server. */
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
  close(): Promise<void>;
}

export interface GrpcCallsOptions {
  readonly address: GrpcAddress;
  readonly random: Random;
  readonly timeoutMs: number;
  readonly credentials: CredentialHeaders;
  readonly tls: TlsOptions;
}

export const createGrpcCalls = (options: GrpcCallsOptions): GrpcCalls =>
  callsOn(new LazyChannel(options), options, {});

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

/** Metadata of gRPC is printable ASCII. */
const printable = /^[\x20-\x7e]+$/;

type Outcome<Answer> =
  | { readonly ok: true; readonly answer: Answer }
  | { readonly ok: false; readonly error: AkiDbError };

function callsOn(
  lazy: LazyChannel,
  options: GrpcCallsOptions,
  database: Readonly<Record<string, string>>,
): GrpcCalls {
  const { address, random, timeoutMs: timeoutMsDefault, credentials } = options;

  async function run<Answer>(
    target: Pick<ChannelCall, "service" | "method">,
    { repeatable, options }: CallOf<unknown>,
    attempt: (channel: Channel, call: ChannelCall) => Promise<Answer>,
  ): Promise<Answer> {
    const timeoutMs = options?.timeoutMs ?? timeoutMsDefault;
    const call = callSignal(address.url, timeoutMs, options?.signal);
    const deadlineMs = systemClock.nowMs() + timeoutMs;
    const headers = { ...(await credentials()), ...database };
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

  const calls: GrpcCalls = {
    address,

    withDatabase: (nameOrId) => {
      if (typeof nameOrId !== "string" || !printable.test(nameOrId)) {
        throw invalidArgument("database", "must be a name of printable ASCII characters, or an id");
      }
      return callsOn(lazy, options, { "x-akidb-database": nameOrId });
    },

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

    close: () => lazy.close(),
  };
  return calls;
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
