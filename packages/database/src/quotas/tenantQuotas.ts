import type { TenantId } from "@akidb/base";
import type { Catalog } from "@akidb/catalog";

/** What a tenant may have at most. */
export interface Quotas {
  readonly memoryBytes: number;
  readonly storageBytes: number;
  readonly requestsPerSecond: number;
}

/** Tenants whose quotas are known; whichever was asked for first is looked up again. */
const knownMax = 10_000;

/** The quotas of tenants as the catalog has them, kept until somebody says that they have changed. */
export class TenantQuotas {
  readonly #catalog: Pick<Catalog, "tenants">;
  readonly #known = new Map<TenantId, Quotas>();
  /** Changes with every change: what was looked up before is not kept. */
  #generation = 0;

  constructor(catalog: Pick<Catalog, "tenants">) {
    this.#catalog = catalog;
  }

  /** Without waiting; undefined where they have to be looked up. */
  peek(tenantId: TenantId): Quotas | undefined {
    return this.#known.get(tenantId);
  }

  /** Rejects with `not_found`. */
  async of(tenantId: TenantId): Promise<Quotas> {
    const known = this.#known.get(tenantId);
    if (known !== undefined) return known;
    const generation = this.#generation;
    const { memoryQuotaBytes, storageQuotaBytes, qpsQuota } = await this.#catalog.tenants.get(tenantId);
    const quotas = {
      memoryBytes: memoryQuotaBytes,
      storageBytes: storageQuotaBytes,
      requestsPerSecond: qpsQuota,
    };
    if (generation === this.#generation) this.#keep(tenantId, quotas);
    return quotas;
  }

  /** They may have changed: of one tenant, or of any. */
  changed(tenantId?: TenantId): void {
    this.#generation++;
    if (tenantId === undefined) this.#known.clear();
    else this.#known.delete(tenantId);
  }

  #keep(tenantId: TenantId, quotas: Quotas): void {
    this.#known.set(tenantId, quotas);
    const [oldest] = this.#known.keys();
    if (this.#known.size > knownMax && oldest !== undefined) this.#known.delete(oldest);
  }
}
