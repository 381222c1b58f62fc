import type { CallOptions } from "../callOptions.ts";
import type { Page, PageRequest } from "../page.ts";

/** A tenant's own policies in the Cedar language, beside those of the product, which nobody changes. */
export interface Policies {
  /**
   * Counts from the next request on. Rejects with `invalid_argument` for a policy that does not fit the schema, and with
   * `failed_precondition` where the caller could manage policies no longer, unless `confirmLockout` is given.
   */
  create(input: CreatePolicyInput, options?: CallOptions): Promise<PolicyInfo>;
  /** In order of creation. */
  list(page?: PolicyPageRequest, options?: CallOptions): Promise<Page<PolicyInfo>>;
  get(nameOrId: string, options?: CallOptions): Promise<PolicyInfo>;
  /** What is absent stays as it is; rejects as {@link Policies.create} does. */
  update(nameOrId: string, change: PolicyChange, options?: CallOptions): Promise<PolicyInfo>;
  delete(nameOrId: string, options?: CallOptions): Promise<void>;
  /** Checks a text against the schema; that it is no policy is an answer, not an error. */
  validate(cedarText: string, options?: CallOptions): Promise<PolicyValidation>;
  /** What would be decided, and by which policies; nothing is done and no decision written down. */
  simulate(input: SimulationInput, options?: CallOptions): Promise<SimulatedDecision>;
  /** What comes with the product: what roles may, what no tenant's policy can permit, and what policies may speak of. */
  shipped(options?: CallOptions): Promise<ShippedPolicies>;
}

export interface PolicyInfo {
  readonly id: string;
  readonly tenantId: string;
  readonly name: string;
  readonly cedarText: string;
  /** One that is not decides nothing. */
  readonly enabled: boolean;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface CreatePolicyInput {
  /** 1..255 characters in one line; unique in its tenant, and none of those of the product's policies. */
  readonly name: string;
  /** One policy, at most 16,384 characters. */
  readonly cedarText: string;
  /** True if absent. */
  readonly enabled?: boolean;
  /** Id or slug; the caller's own if absent. Another one is for whoever runs the server. */
  readonly tenant?: string;
  /** That the caller knows to be locked out by it. */
  readonly confirmLockout?: boolean;
}

export interface PolicyChange {
  readonly name?: string;
  readonly cedarText?: string;
  readonly enabled?: boolean;
  readonly confirmLockout?: boolean;
}

export interface PolicyPageRequest extends PageRequest {
  /** As in {@link CreatePolicyInput}. */
  readonly tenant?: string;
}

export interface PolicyValidation {
  readonly valid: boolean;
  readonly errors: readonly PolicyFinding[];
  /** What is allowed and surely not meant: a policy that never applies, say. */
  readonly warnings: readonly PolicyFinding[];
}

export interface PolicyFinding {
  /** The field that the text stands in. */
  readonly path: string;
  readonly detail: string;
  /** Where in the text it is, both from 1 on; null where it is about all of it. */
  readonly line: number | null;
  readonly column: number | null;
}

export interface SimulationInput {
  /** The caller itself if absent. */
  readonly principal?: SimulatedPrincipal;
  /** `document::search` */
  readonly action: string;
  readonly resource: SimulatedResource;
  /** Nobody knows it if absent. */
  readonly ipAddress?: string;
  /** ISO 8601 with its zone; now if absent. */
  readonly time?: string;
  /** Policies as they might be, beside those that are enabled or in place of one of the same name; at most 100. */
  readonly policies?: readonly DraftPolicy[];
  /** Whose policies decide, and in which everything is looked for; as in {@link CreatePolicyInput}. */
  readonly tenant?: string;
}

/** One of those that exist, or somebody of a role. */
export type SimulatedPrincipal =
  | {
      /** Id or e-mail. */
      readonly user: string;
    }
  | {
      /** Its id. */
      readonly apiKey: string;
    }
  | {
      /** `admin`, `developer`, `viewer` or `auditor` */
      readonly role: string;
      /** Of a user who does not exist; `nobody@example.invalid` if absent. */
      readonly email?: string;
    };

export interface SimulatedResource {
  /** `server`, `tenant`, `database`, `collection`, `policy`, `user` or `api_key` */
  readonly type: string;
  /** Of one that exists. Not needed for the server, nor for the tenant itself. */
  readonly id?: string;
  /** In place of `id`: its name, or a user's e-mail. Where there is none of it, one is imagined. */
  readonly name?: string;
  /** Id or name of a collection's database; that called `default` if absent. */
  readonly database?: string;
}

export interface DraftPolicy {
  readonly name: string;
  readonly cedarText: string;
  /** False to leave the one of this name out; true if absent. */
  readonly enabled?: boolean;
}

export interface SimulatedDecision {
  readonly decision: "allowed" | "denied";
  /** The names of the policies that permit, else of those that forbid; none where nothing permits. */
  readonly policies: readonly string[];
}

export interface ShippedPolicies {
  readonly policies: readonly { readonly name: string; readonly cedarText: string }[];
  /** In Cedar's schema language. */
  readonly schema: string;
}
