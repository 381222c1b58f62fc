import {
  type AccessTokens,
  type Authenticated,
  Authorizer,
  accessTokens,
  argon2Hasher,
  authenticate,
  bootstrapKey,
  coversRoles,
  credentialKey,
  type Decision,
  Logins,
  LoginThrottle,
  localPrincipal,
  type PasswordHasher,
  type PresentedCredential,
  type Principal,
  type TenantRules,
} from "@akidb/access";
import { AkiDbError, type Clock, type JsonObject, type Random, type TenantId } from "@akidb/base";
import type { Catalog, Role } from "@akidb/catalog";
import { type Filter, parseFilter } from "@akidb/engine";
import type { Call } from "../call.ts";
import { SharedGeneration } from "../sharing/sharedGeneration.ts";
import type { DatabaseMeter } from "../telemetry/databaseMeter.ts";
import { eachItem } from "../tenancy/eachItem.ts";
import { type AuditedDataPlane, type AuditSubject, AuditTrail, ownerOf, subjectOf } from "./auditTrail.ts";
import { addressOf, ownProcess } from "./caller.ts";
import type { Requirement } from "./requirement.ts";

export interface AccessOptions {
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly random: Random;
  /** Whose admins run the server. */
  readonly serverTenantId: TenantId;
  /** Whether a request has to show who it comes from. */
  readonly requiresCredentials: boolean;
  readonly auditedDataPlane: AuditedDataPlane;
  /** A quarter of an hour if undefined. */
  readonly accessTokenLifetimeMs: number | undefined;
  readonly meter: Pick<DatabaseMeter, "authorized">;
}

/** What is asked of {@link AccessControl.authorize}. */
export interface Authorization {
  readonly operation: string;
  /** The one that the audit log names first. */
  readonly requirements: readonly [Requirement, ...Requirement[]];
  readonly subject: AuditSubject;
  readonly isAskedOften: boolean;
  /** Whether the filter of the caller's API key leaves no room for the operation. */
  readonly isBound: boolean;
  /** Each as {@link PermittedOperation.grants} has it. */
  readonly grants: readonly (readonly Role[])[];
}

/** Who shows a credential. */
export interface Identified extends Authenticated {
  /** Of the control plane: by another one it may be somebody else. */
  readonly generation: number;
}

interface Refusal {
  /** The one that is not met; the first if absent. */
  readonly requirement?: Requirement;
  readonly reason: string;
}

/** Credentials whose holder is known; whoever was known longest ago is looked up again. */
const knownCredentialsMax = 10_000;

/** Who a caller is, and whether it may. */
export class AccessControl {
  readonly authorizer: Authorizer;
  readonly audit: AuditTrail;
  readonly #options: AccessOptions;
  readonly #tokens: AccessTokens;
  readonly #throttle: LoginThrottle;
  #hasher: Promise<PasswordHasher> | undefined;
  readonly #bounds = new WeakMap<JsonObject, Filter>();
  readonly #known = new Map<string, Authenticated>();
  /** Changes with every change of the control plane: what was looked up before is not kept, here or in another thread. */
  readonly generation = new SharedGeneration();

  constructor(options: AccessOptions) {
    const { catalog, clock, random, accessTokenLifetimeMs: lifetimeMs } = options;
    this.#options = options;
    this.#tokens = accessTokens({ clock, signingKey: random.fill(new Uint8Array(32)), lifetimeMs });
    this.#throttle = new LoginThrottle(clock);
    this.authorizer = new Authorizer((tenantId) => this.#rulesOf(tenantId));
    this.audit = new AuditTrail(catalog, options.auditedDataPlane);
  }

  /** Of secrets. */
  get random(): Random {
    return this.#options.random;
  }

  /** Whom {@link ownProcess} acts as. */
  get ownPrincipal(): Principal {
    return localPrincipal(this.#options.serverTenantId);
  }

  /** Made when it is first asked for: most who embed a database have no users. */
  hasher(): Promise<PasswordHasher> {
    this.#hasher ??= argon2Hasher({ random: this.#options.random });
    return this.#hasher;
  }

  async logins(): Promise<Logins> {
    const { catalog, clock, random } = this.#options;
    const hasher = await this.hasher();
    return new Logins({ catalog, clock, random, hasher, tokens: this.#tokens, throttle: this.#throttle });
  }

  /** Rejects with `unauthenticated`, the same whatever is wrong, and with `tenant_suspended`. */
  async authenticate(credential: PresentedCredential): Promise<Principal> {
    return (await this.identify(credential)).principal;
  }

  /** The same, and for how long it is so; rejects alike. */
  async identify(credential: PresentedCredential): Promise<Identified> {
    const { catalog, clock, requiresCredentials, serverTenantId } = this.#options;
    const generation = this.generation.now;
    if (credential.kind === "none" && !requiresCredentials) {
      return { principal: localPrincipal(serverTenantId), untilMs: Number.POSITIVE_INFINITY, generation };
    }
    const key = credentialKey(credential);
    const known = this.#known.get(key);
    if (known !== undefined && clock.nowMs() < known.untilMs) return { ...known, generation };
    const parts = { catalog, clock, tokens: this.#tokens, anonymous: undefined };
    const found = await authenticate(parts, credential);
    if (generation === this.generation.now) this.#keep(key, found);
    return { ...found, generation };
  }

  /** Of an API key that has a filter; parsed once for as long as the key is known. */
  boundsOf(principal: Principal): Filter | undefined {
    const filter = principal.kind === "api_key" ? principal.scope.filter : null;
    if (filter === null) return undefined;
    const bounds = this.#bounds.get(filter) ?? parseFilter(filter);
    this.#bounds.set(filter, bounds);
    return bounds;
  }

  /** As {@link Database.makeFirstKey} has it. */
  async makeFirstKey(given: string | undefined): Promise<string | undefined> {
    const { catalog, random, requiresCredentials, serverTenantId: tenantId } = this.#options;
    if (!requiresCredentials) return undefined;
    const key = await bootstrapKey({ catalog, random, tenantId, given });
    return given === undefined ? key?.secret : undefined;
  }

  /**
   * Decides, and writes the decision down before anything is done.
   *
   * Rejects with `permission_denied`.
   */
  async authorize(call: Call, principal: Principal, asked: Authorization): Promise<void> {
    const { clock, meter } = this.#options;
    const startMs = clock.monotonicMs();
    const refusal = await this.#refusalOf(call, principal, asked);
    const result = refusal === undefined ? "allowed" : "denied";
    meter.authorized(result, clock.monotonicMs() - startMs);
    const { operation, subject, isAskedOften } = asked;
    if (refusal === undefined) {
      const [{ action, resource }] = asked.requirements;
      const decided = { operation, action, subject, isAskedOften, ownerId: ownerOf(resource) } as const;
      await this.audit.record(call, principal, { ...decided, result: "allowed", reason: null });
      return;
    }
    const { requirement = asked.requirements[0], reason } = refusal;
    await this.audit.record(call, principal, {
      operation,
      action: requirement.action,
      subject: subjectOf(requirement.resource),
      result: "denied",
      isAskedOften: false,
      reason,
      ownerId: ownerOf(requirement.resource),
    });
    throw new AkiDbError("permission_denied", `${requirement.action} is not permitted here`);
  }

  /** @returns why not; undefined where it may */
  async #refusalOf(
    call: Call,
    principal: Principal,
    { requirements, isBound, grants }: Authorization,
  ): Promise<Refusal | undefined> {
    if (!isUnbound(call, principal)) {
      for (const requirement of requirements) {
        const reason = await this.#reasonAgainst(call, principal, requirement);
        if (reason !== undefined) return { requirement, reason };
      }
    }
    if (isBound) return { reason: "forbidden by the filter of the API key" };
    return this.mayGrant(call, principal, grants)
      ? undefined
      : { reason: "it would give more than the caller has" };
  }

  /** @param grants each as {@link PermittedOperation.grants} has it */
  mayGrant(call: Call, principal: Principal, grants: Authorization["grants"]): boolean {
    return isUnbound(call, principal) || grants.every((roles) => coversRoles(principal.roles, roles));
  }

  async #reasonAgainst(
    call: Call,
    principal: Principal,
    requirement: Requirement,
  ): Promise<string | undefined> {
    const { isAllowed, policies } = await this.#decide(call, principal, requirement);
    if (isAllowed) return undefined;
    return policies.length === 0 ? "nothing permits it" : `forbidden by ${policies.join(", ")}`;
  }

  /** Whether it would be permitted: nothing is done, and nothing is written down. */
  async permits(call: Call, principal: Principal, requirement: Requirement): Promise<boolean> {
    return (await this.#decide(call, principal, requirement)).isAllowed;
  }

  /** Whether it is permitted, and will be for as long as the control plane stays the same. */
  async permitsAlways(call: Call, principal: Principal, requirement: Requirement): Promise<boolean> {
    if (!(await this.permits(call, principal, requirement))) return false;
    if (isUnbound(call, principal)) return true;
    return !(await this.authorizer.looksAtTime(principal.tenantId, requirement.action));
  }

  async #decide(call: Call, principal: Principal, { action, resource }: Requirement): Promise<Decision> {
    if (isUnbound(call, principal)) return { isAllowed: true, policies: [] };
    const ipAddress = addressOf(call.caller);
    const nowMs = this.#options.clock.nowMs();
    return await this.authorizer.decide({ principal, action, resource, nowMs, ipAddress });
  }

  /** Who shows which credential is looked up anew by the next request. */
  forgetCallers(): void {
    this.generation.advance();
    this.#known.clear();
  }

  #keep(key: string, found: Authenticated): void {
    this.#known.set(key, found);
    const [oldest] = this.#known.keys();
    if (this.#known.size > knownCredentialsMax && oldest !== undefined) this.#known.delete(oldest);
  }

  async #rulesOf(tenantId: TenantId): Promise<TenantRules> {
    const { catalog, serverTenantId } = this.#options;
    const { id, slug, name, metadata } = await catalog.tenants.get(tenantId);
    const policies = [];
    for await (const policy of eachItem((page) => catalog.policies.list(tenantId, page))) {
      if (policy.enabled) policies.push(policy);
    }
    return { tenant: { id, slug, name, metadata, isServerTenant: id === serverTenantId }, policies };
  }
}

/** Whether no policy binds it. */
const isUnbound = ({ caller }: Call, { kind }: Principal): boolean =>
  caller === ownProcess || kind === "owner";
