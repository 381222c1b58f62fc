import { localPrincipal, type Principal } from "@akidb/access";
import type { TenantId } from "@akidb/base";
import { beforeEach, expect, it } from "vitest";
import { RequestRates } from "./requestRates.ts";
import { TenantQuotas } from "./tenantQuotas.ts";

const acme = "acme" as TenantId;
const globex = "globex" as TenantId;
const userOf = (tenantId: TenantId) => ({ kind: "user", tenantId, roles: ["admin"] }) as unknown as Principal;

let nowMs: number;
let qpsQuota: number;
let quotas: TenantQuotas;
let rates: RequestRates;

beforeEach(() => {
  nowMs = 1_000;
  qpsQuota = 3;
  const get = async () => ({ memoryQuotaBytes: 0, storageQuotaBytes: 0, qpsQuota });
  quotas = new TenantQuotas({ tenants: { get } } as never);
  rates = new RequestRates(quotas, { nowMs: () => nowMs, monotonicMs: () => nowMs });
});

const isAdmitted = async (tenantId: TenantId) => (await rates.admit(userOf(tenantId)))?.refusal === undefined;

it("tells a caller what is left, and one too many when to come back", async () => {
  expect(await rates.admit(userOf(acme))).toMatchObject({ limit: 3, remaining: 2, refusal: undefined });
  await rates.admit(userOf(acme));
  expect(await rates.admit(userOf(acme))).toMatchObject({ remaining: 0, resetMs: 1_000 });
  const refused = await rates.admit(userOf(acme));
  expect(refused?.refusal).toMatchObject({ code: "rate_limited" });
  expect(refused?.refusal?.retryAfterMs).toBeCloseTo(1_000 / 3);
  nowMs += 334;
  expect(await isAdmitted(acme)).toBe(true);
  expect(await isAdmitted(acme)).toBe(false);
});

it("lets no tenant take from another", async () => {
  for (let n = 0; n < 100; n++) await rates.admit(userOf(acme));
  expect(await isAdmitted(acme)).toBe(false);
  expect(await Promise.all([1, 2, 3].map(() => isAdmitted(globex)))).toEqual([true, true, true]);
});

it("follows the quota as soon as it is told", async () => {
  for (let n = 0; n < 4; n++) await rates.admit(userOf(acme));
  qpsQuota = 1_000;
  nowMs += 10;
  expect(await isAdmitted(acme)).toBe(false);
  quotas.changed(acme);
  nowMs += 10;
  expect(await rates.admit(userOf(acme))).toMatchObject({ limit: 1_000, refusal: undefined });
});

it("counts who needs no credentials, and refuses it nothing", async () => {
  for (let n = 0; n < 60; n++) expect(await rates.admit(localPrincipal(acme))).toBeUndefined();
  expect(rates.perSecond(acme)).toBe(60);
  nowMs += 30_000;
  expect(rates.perSecond(acme)).toBe(2);
  nowMs += 60_000;
  expect(rates.perSecond(acme)).toBe(0);
});

it("forgets tenants that have gone quiet, and none that has not", async () => {
  const ids = Array.from({ length: 10_000 }, (_, n) => `t${n}` as TenantId);
  for (const id of ids) await rates.admit(userOf(id));
  nowMs += 61_000;
  for (let n = 0; n < 4; n++) await rates.admit(userOf(acme));
  expect(rates.perSecond(acme)).toBeGreaterThan(0);
  expect(await isAdmitted(acme)).toBe(false);
  expect(await isAdmitted(ids[0]!)).toBe(true);
});
