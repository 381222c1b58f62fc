/**
 * How long a decision takes with 10, 1,000 and 10,000 policies in the server, at most 1,000 of them in one tenant: those
 * asked before (the same caller, action and collection), those asked for the first time, and the first one after a policy
 * has changed. Policies are either as tenants write them (for a user, a role or a collection, and one in ten for everybody
 * and everything), or all for everybody and everything, so that none can be left out: the worst there is.
 */

import { type AuthorizationRequest, Authorizer, type PolicyText, type Principal } from "@akidb/access";
import { type CollectionId, SeededRandom, systemClock, type TenantId, UuidV7Generator } from "@akidb/base";

const perTenantMax = 1_000;
const random = new SeededRandom(1);
const ids = new UuidV7Generator(systemClock, random);
const databaseId = ids.next<"database">();
const collections = Array.from({ length: 1_000 }, () => ids.next<"collection">());
const users = Array.from({ length: 1_000 }, () => ids.next<"user">());

type Mixture = "mixed" | "for everybody";

function policyText(at: number, mixture: Mixture): string {
  const condition = `when { resource is Collection && resource.name like "secret-${at}-*" }`;
  const kind = mixture === "mixed" ? at % 10 : 0;
  if (kind === 0) return `forbid (principal, action, resource) ${condition};`;
  if (kind < 4)
    return `permit (principal == User::"${users[at % users.length]}", action, resource) ${condition};`;
  if (kind < 6)
    return `forbid (principal in Role::"viewer", action == Action::"document::read", resource) ${condition};`;
  return `forbid (principal, action, resource == Collection::"${collections[at % collections.length]}") ${condition};`;
}

function newAuthorizer(policyCount: number, mixture: Mixture) {
  const tenantIds = Array.from({ length: Math.ceil(policyCount / perTenantMax) }, () => ids.next<"tenant">());
  const rules = new Map<TenantId, readonly PolicyText[]>();
  for (const [at, id] of tenantIds.entries()) {
    const length = Math.min(perTenantMax, policyCount - at * perTenantMax);
    rules.set(
      id,
      Array.from({ length }, (_, i) => ({ name: `p${i}`, cedarText: policyText(i, mixture) })),
    );
  }
  const authorizer = new Authorizer((id) =>
    Promise.resolve({
      tenant: { id, slug: "t", name: "T", metadata: {}, isServerTenant: false },
      policies: rules.get(id) ?? [],
    }),
  );
  return { authorizer, tenantIds, rules };
}

function requestOf(tenantId: TenantId, collection: CollectionId, name: string): AuthorizationRequest {
  const userId = users[random.nextInt(users.length)]!;
  const principal: Principal = {
    kind: "user",
    tenantId,
    userId,
    email: "ada@example.org",
    sessionId: ids.next(),
    roles: ["developer"],
  };
  const resource = { type: "collection", id: collection, tenantId, databaseId, name } as const;
  return {
    principal,
    action: "document::search",
    resource,
    nowMs: systemClock.nowMs(),
    ipAddress: "10.1.2.3",
  };
}

interface Latencies {
  /** Of the processor, for one: what a busy machine takes away does not count. */
  readonly cpuMs: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

async function measure(count: number, work: (at: number) => Promise<unknown>): Promise<Latencies> {
  const latencies = new Float64Array(count);
  const startMs = performance.now();
  const cpu = process.cpuUsage();
  for (let at = 0; at < count; at++) {
    const beganMs = performance.now();
    await work(at);
    latencies[at] = performance.now() - beganMs;
  }
  const seconds = (performance.now() - startMs) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  latencies.sort();
  const percentile = (share: number): number => latencies[Math.min(count - 1, Math.floor(share * count))]!;
  return {
    cpuMs: (user + system) / 1_000 / count,
    perSecond: count / seconds,
    p50Ms: percentile(0.5),
    p99Ms: percentile(0.99),
  };
}

const format = ({ perSecond, p50Ms, p99Ms, cpuMs }: Latencies): string =>
  `${Math.round(perSecond).toLocaleString("en").padStart(9)}/s  p50 ${p50Ms.toFixed(3)} ms  p99 ${p99Ms.toFixed(3)} ms  cpu ${cpuMs.toFixed(3)} ms`;

for (const mixture of ["mixed", "for everybody"] as const) {
  for (const policyCount of [10, 1_000, 10_000]) {
    const { authorizer, tenantIds, rules } = newAuthorizer(policyCount, mixture);
    const tenantOf = (at: number): TenantId => tenantIds[at % tenantIds.length]!;
    const known = tenantIds.flatMap((id) =>
      collections.slice(0, 10).map((each) => requestOf(id, each, "docs")),
    );
    for (const request of known) await authorizer.decide(request);
    const again = await measure(20_000, (at) => authorizer.decide(known[at % known.length]!));
    let made = 0;
    const fresh = await measure(1_000, (at) =>
      authorizer.decide(requestOf(tenantOf(at), collections[at % 10]!, `docs-${made++}`)),
    );
    const changed = await measure(5, (at) => {
      const id = tenantOf(at);
      rules.set(id, [...rules.get(id)!.slice(1), { name: `new ${at}`, cedarText: policyText(at, mixture) }]);
      authorizer.forget(id);
      return authorizer.decide(requestOf(tenantOf(at), collections[0]!, "docs"));
    });
    console.log(`${policyCount.toLocaleString("en")} policies, ${mixture}`);
    console.log(`  asked before    ${format(again)}`);
    console.log(`  asked first     ${format(fresh)}`);
    console.log(`  after a change ${format(changed)}`);
  }
}
