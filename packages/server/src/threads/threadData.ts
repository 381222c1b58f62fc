import type { Caller } from "@akidb/database";
import type { Config } from "../config/index.ts";
import type { RestServerOptions } from "../rest/restServer.ts";

type Handed =
  | "version"
  | "isLoopback"
  | "requiresCredentials"
  | "crossOrigins"
  | "timeoutMs"
  | "bodyBytesMax"
  | "batchDocumentsMax"
  | "isMcpEnabled"
  | "tls";

export interface ServedAddress {
  readonly host: string;
  /** 0 for any that is free, here and below. */
  readonly restPort: number;
  readonly grpcPort: number;
  /** As `isShared` of {@link ListenAddress}. */
  readonly isShared: boolean;
}

/** What a thread that serves is given to begin with. */
export interface ThreadData {
  readonly options: Pick<RestServerOptions, Handed> & { readonly connectionsMax: number };
  readonly address: ServedAddress;
  readonly logging: Config["logging"];
  readonly isMeasured: boolean;
  readonly anonymous: NonNullable<Caller["principal"]> | undefined;
  /** As `Database.generation`. */
  readonly generation: SharedArrayBuffer;
  /** Connections of each thread. */
  readonly connectionCounts: Int32Array<SharedArrayBuffer>;
  /** Its place among them, from 0 on; with 1 more, its number as a guest of collections. */
  readonly number: number;
}
