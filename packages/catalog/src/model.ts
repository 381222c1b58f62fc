import type { ModelId, Page, PageRequest } from "@akidb/base";

export interface ModelAttributes {
  /** 1..255 characters in one line: what a collection names as its embedding model. */
  readonly name: string;
  /** What had it when it was last seen; 1..64 characters. */
  readonly provider: string;
  /** 16..4,096. */
  readonly dimension: number;
  /** Null where nobody tells. */
  readonly maxTokens: number | null;
  /** 1..4,096 characters; the same for two models of a name if, and only if, they give the same vectors. */
  readonly fingerprint: string;
}

export interface ModelRecord extends ModelAttributes {
  readonly id: ModelId;
  readonly createdAt: string;
  /** Later after every change. */
  readonly updatedAt: string;
}

/** Every model that a server has had, or that a collection was embedded with: other weights of a name are another model. */
export interface ModelRepository {
  /** The model of this name and fingerprint, made where there is none. Rejects with `invalid_argument`. */
  register(model: ModelAttributes): Promise<ModelRecord>;
  /** Rejects with `not_found`. */
  get(id: ModelId): Promise<ModelRecord>;
  find(model: Pick<ModelAttributes, "name" | "fingerprint">): Promise<ModelRecord | undefined>;
  /** In order of registration. */
  list(page?: PageRequest): Promise<Page<ModelRecord>>;
}
