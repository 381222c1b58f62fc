import type { TenantId } from "@akidb/base";
import { accessLimits } from "../accessLimits.ts";
import type { Action } from "./action.ts";
import { CompiledSets } from "./compiledSets.ts";
import { type AuthorizationRequest, type Decision, decide } from "./decide.ts";
import type { TenantFacts } from "./entities.ts";
import { type PolicyText, parsePolicy, TenantPolicies, type TenantPolicy } from "./tenantPolicies.ts";

/** What decisions about the principals of a tenant depend on. */
export interface TenantRules {
  readonly tenant: TenantFacts;
  /** Those that are enabled. */
  readonly policies: readonly PolicyText[];
}

interface LoadedTenant {
  readonly policies: TenantPolicies;
  /** Other than that of any tenant that was loaded before: old decisions are not found under it. */
  readonly generation: number;
}

/** Policies that are parsed before others have a turn: some 0.2 ms each. */
const parsedAtOnce = 10;

/**
 * Decides by Cedar policies what a principal may do: those of the product, and those of the principal's tenant, be the
 * resource whose it may. So nobody's policies bind whoever runs the server, who can mend them.
 */
export class Authorizer {
  readonly #loadRules: (tenantId: TenantId) => Promise<TenantRules>;
  readonly #compiled = new CompiledSets();
  /** Least recently used first. */
  readonly #tenants = new Map<TenantId, Promise<LoadedTenant>>();
  /** As they were when they were forgotten. */
  readonly #before = new Map<TenantId, Promise<LoadedTenant>>();
  /** Least recently used first. */
  readonly #decisions = new Map<string, Decision>();
  #generations = 0;

  /** @param loadRules called once for a tenant, until it is forgotten */
  constructor(loadRules: (tenantId: TenantId) => Promise<TenantRules>) {
    this.#loadRules = loadRules;
  }

  /** Rejects as the loading of rules does, and with `internal` where Cedar does not answer: then nothing is allowed. */
  async decide(request: AuthorizationRequest): Promise<Decision> {
    const { policies, generation } = await this.#tenant(request.principal.tenantId);
    const key = cacheKey(request, { policies, generation });
    const parts = { compiled: this.#compiled, policies };
    if (key === undefined) return await decide(parts, request);
    const decision = this.#decisions.get(key) ?? (await decide(parts, request));
    keep(this.#decisions, { key, value: decision, max: accessLimits.cachedDecisionsMax });
    return decision;
  }

  /** Whether decisions about an action depend on when they are made; rejects as {@link Authorizer.decide}. */
  async looksAtTime(tenantId: TenantId, action: Action): Promise<boolean> {
    return (await this.#tenant(tenantId)).policies.of(action).context.now;
  }

  /**
   * What would be decided, were the policies of the principal's tenant others; nothing is kept.
   *
   * @param drafts beside those that are enabled
   * @param without names of those that are left out, beside those of drafts
   */
  async simulate(
    request: AuthorizationRequest,
    drafts: readonly PolicyText[] = [],
    without: readonly string[] = [],
  ): Promise<Decision> {
    const rules = await this.#loadRules(request.principal.tenantId);
    const names = new Set([...drafts.map(({ name }) => name), ...without]);
    const kept = rules.policies.filter(({ name }) => !names.has(name));
    const known = (await this.#tenants.get(request.principal.tenantId)?.catch(() => undefined))?.policies.own;
    const policies = new TenantPolicies(rules.tenant, await parseAll([...kept, ...drafts], known ?? []));
    return await decide({ compiled: this.#compiled, policies }, request);
  }

  /** To be called when the tenant or one of its policies has changed: the next decision knows. */
  forget(tenantId: TenantId): void {
    const known = this.#tenants.get(tenantId);
    if (known === undefined) return;
    this.#tenants.delete(tenantId);
    // What has not changed need not be parsed again.
    keep(this.#before, { key: tenantId, value: known, max: accessLimits.cachedTenantsMax });
  }

  async #tenant(tenantId: TenantId): Promise<LoadedTenant> {
    const loading = this.#tenants.get(tenantId) ?? this.#load(tenantId);
    keep(this.#tenants, { key: tenantId, value: loading, max: accessLimits.cachedTenantsMax });
    try {
      return await loading;
    } catch (error) {
      if (this.#tenants.get(tenantId) === loading) this.#tenants.delete(tenantId);
      throw error;
    }
  }

  async #load(tenantId: TenantId): Promise<LoadedTenant> {
    const generation = ++this.#generations;
    const before = this.#before.get(tenantId)?.then(
      ({ policies }) => policies.own,
      () => [],
    );
    this.#before.delete(tenantId);
    const { tenant, policies } = await this.#loadRules(tenantId);
    const parsed = await parseAll(policies, (await before) ?? []);
    return { policies: new TenantPolicies(tenant, parsed), generation };
  }
}

/** @param known some of them, as they were parsed before */
async function parseAll(
  texts: readonly PolicyText[],
  known: readonly TenantPolicy[],
): Promise<readonly TenantPolicy[]> {
  const knownTexts = new Map(known.map((policy) => [textKey(policy), policy]));
  const parsed: TenantPolicy[] = [];
  let parsedNow = 0;
  for (const text of texts) {
    const found = knownTexts.get(textKey(text));
    if (found === undefined && ++parsedNow % parsedAtOnce === 0) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    parsed.push(found ?? parsePolicy(text));
  }
  return parsed;
}

const textKey = ({ name, cedarText }: PolicyText): string => JSON.stringify([name, cedarText]);

/** All that the decision can depend on; undefined where that is the time. */
function cacheKey(
  { principal, action, resource, ipAddress }: AuthorizationRequest,
  { policies, generation }: LoadedTenant,
): string | undefined {
  const { context } = policies.of(action);
  if (context.now) return undefined;
  return JSON.stringify([generation, action, principal, resource, context.ip ? ipAddress : null]);
}

/** Puts it last, and drops the first where there are too many. */
function keep<Key, Value>(
  map: Map<Key, Value>,
  { key, value, max }: { readonly key: Key; readonly value: Value; readonly max: number },
): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= max) return;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}
