import type { CallOptions } from "../callOptions.ts";

/** Embedding models: those that the server has, and those that the tenant's collections were embedded with. */
export interface Models {
  /** That of collections that name none first, then the server's others, then what is pinned alone. */
  list(options?: CallOptions): Promise<readonly ModelInfo[]>;
  /**
   * @param nameOrId of several with the name, that which comes first in the list; rejects with `not_found`
   */
  get(nameOrId: string, options?: CallOptions): Promise<ModelInfo>;
  /**
   * Makes it the one that embeds for collections and requests that name none, from now on and beyond a restart, once it is loaded and
   * has embedded a text. Collections stay with the model that they are pinned to. For whoever runs the server.
   *
   * Rejects with `not_found`, with `failed_precondition` where the server is not configured with it, and with `unavailable` while it
   * cannot be loaded; nothing has changed then.
   *
   * @param nameOrId of one of the server's models
   */
  switchTo(nameOrId: string, options?: CallOptions): Promise<ModelInfo>;
}

export const modelStates = ["ready", "unloaded", "unavailable", "absent"] as const;

export type ModelState = (typeof modelStates)[number];

export interface ModelInfo {
  readonly id: string;
  readonly name: string;
  /** What had it when it was last seen. */
  readonly provider: string;
  readonly dimension: number;
  /** Of one text; null where nobody tells. */
  readonly maxTokens: number | null;
  /** The same for two models of a name if, and only if, they give the same vectors. */
  readonly fingerprint: string;
  /**
   * `unloaded`: another one was switched to, and no collection needs it; its next text loads it. `unavailable`: its provider does not answer now. `absent`: the server is configured with another one, of the same name it may
   * be, and collections that are pinned to this take vectors alone.
   */
  readonly state: ModelState;
  /** Whether it embeds for collections and requests that name none. */
  readonly isDefault: boolean;
  /** How many of the tenant's collections are pinned to it. */
  readonly collectionCount: number;
  readonly createdAt: string;
}
