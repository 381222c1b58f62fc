import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { JsonObject } from "@akidb/base";

export const keyOf = (name: string): string => `ak_${name}_0123456789`;
export const hashOf = (key: string): string => createHash("sha256").update(key).digest("hex");

/** A file of documents that another program wrote. */
export const parquetFixture = (name: string): string =>
  fileURLToPath(new URL(`../fixtures/${name}.parquet`, import.meta.url));

export const vectorOf = (seed: number, dimension = 16): readonly number[] =>
  Array.from({ length: dimension }, (_, index) => Math.fround(Math.sin(seed * 31 + index) + 1.5));

export const jsonLines = (rows: readonly unknown[]): string =>
  rows.map((row) => `${JSON.stringify(row)}\n`).join("");

/** A directory of AkiDB 1.x in the making. */
export class V1Fixture {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
    mkdirSync(root, { recursive: true });
  }

  write(path: string, content: string | Uint8Array): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    writeFileSync(join(this.root, path), content);
  }

  copy(path: string, from: string): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    copyFileSync(from, join(this.root, path));
  }

  /** In a directory of its own. Fields that are undefined are left out. */
  tenant(name: string, fields: { readonly [field: string]: unknown } = {}): void {
    this.write(`tenants/${name}/manifest.json`, JSON.stringify(tenantManifest(name, fields)));
  }

  collection(tenant: string, name: string, fields: JsonObject = {}, rows: readonly unknown[] = []): void {
    const path = `tenants/${tenant}/collections/${name}`;
    this.write(`${path}/manifest.json`, JSON.stringify({ name, dimension: 16, metric: "l2", ...fields }));
    if (rows.length > 0) this.write(`${path}/vectors.jsonl`, jsonLines(rows));
  }
}

export const tenantManifest = (name: string, fields: { readonly [field: string]: unknown } = {}) => ({
  tenant_id: `tenant_${hashOf(name).slice(0, 32)}`,
  name,
  status: "active",
  quotas: { max_storage_bytes: 5_000_000, api_rate_limit_per_second: 50 },
  metadata: { contact_email: `owner@${name.replace(/[^a-z0-9]/gi, "x")}.example` },
  api_key_hash: hashOf(keyOf(name)),
  created_at: "2024-03-01T10:00:00Z",
  updated_at: "2024-06-30T23:59:59.123456Z",
  ...fields,
});
