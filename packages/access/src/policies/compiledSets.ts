import { AkiDbError } from "@akidb/base";
import type {
  AuthorizationAnswer,
  PolicySet,
  StatefulAuthorizationCall,
} from "@cedar-policy/cedar-wasm/nodejs";
import { accessLimits } from "../accessLimits.ts";
import { withCedar } from "./cedar.ts";
import type { TenantPolicy } from "./tenantPolicies.ts";

interface CompiledSet {
  readonly id: string;
  readonly size: number;
}

/** Cedar keeps what it has compiled by a name, for ever: a name that is not used any more is given something else. */
const freeNames: string[] = [];
let namesMade = 0;

/**
 * Sets of policies as Cedar has compiled them, some 0.1 ms and 4 KB a policy; the ones that were used least recently go
 * first. One set serves every request that the same policies may concern.
 */
export class CompiledSets {
  /** Least recently used first. */
  readonly #sets = new Map<string, CompiledSet>();
  readonly #policiesMax: number;
  #policies = 0;
  #generation = 0;

  constructor(policiesMax: number = accessLimits.compiledPoliciesMax) {
    this.#policiesMax = policiesMax;
  }

  has(policies: readonly TenantPolicy[]): boolean {
    return withCedar((_, generation) => generation === this.#generation && this.#sets.has(keyOf(policies)));
  }

  /** @throws AkiDbError `internal` where a policy does not parse, which was checked when it was written */
  compile(policies: readonly TenantPolicy[]): void {
    withCedar((cedar, generation) => {
      if (generation !== this.#generation) this.#forgetAll(generation);
      this.#compiled(keyOf(policies), policies, cedar.preparsePolicySet);
    });
  }

  /** Compiles the policies where that is still to be done. The answer names them by their keys. */
  decide(
    policies: readonly TenantPolicy[],
    request: Omit<StatefulAuthorizationCall, "preparsedPolicySetId">,
  ): AuthorizationAnswer {
    return withCedar((cedar, generation) => {
      if (generation !== this.#generation) this.#forgetAll(generation);
      const key = keyOf(policies);
      const preparsedPolicySetId = this.#compiled(key, policies, cedar.preparsePolicySet);
      return cedar.statefulIsAuthorized({ ...request, preparsedPolicySetId });
    });
  }

  #touch(key: string): string | undefined {
    const found = this.#sets.get(key);
    if (found === undefined) return undefined;
    this.#sets.delete(key);
    this.#sets.set(key, found);
    return found.id;
  }

  #compiled(
    key: string,
    policies: readonly TenantPolicy[],
    preparse: (name: string, policies: PolicySet) => { readonly type: string },
  ): string {
    const known = this.#touch(key);
    if (known !== undefined) return known;
    while (this.#sets.size > 0 && this.#policies + policies.length > this.#policiesMax) {
      const [oldest] = this.#sets.entries();
      const [oldKey, { id, size }] = oldest!;
      preparse(id, { staticPolicies: {} });
      freeNames.push(id);
      this.#sets.delete(oldKey);
      this.#policies -= size;
    }
    const id = freeNames.pop() ?? `set ${namesMade++}`;
    const staticPolicies = Object.fromEntries(policies.map(({ key: name, cedarText }) => [name, cedarText]));
    if (preparse(id, { staticPolicies }).type !== "success") {
      freeNames.push(id);
      throw new AkiDbError("internal", "internal error", { cause: "a policy does not parse" });
    }
    this.#sets.set(key, { id, size: policies.length });
    this.#policies += policies.length;
    return id;
  }

  #forgetAll(generation: number): void {
    this.#sets.clear();
    this.#policies = 0;
    this.#generation = generation;
  }
}

const keyOf = (policies: readonly TenantPolicy[]): string => policies.map(({ key }) => key).join(" ");
