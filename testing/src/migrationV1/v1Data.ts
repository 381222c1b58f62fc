import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { SeededRandom } from "@akidb/base";

export interface V1DataOptions {
  readonly directory: string;
  readonly tenantCount: number;
  /** Tenants that have collections, two each, are so far apart. */
  readonly collectionsEvery: number;
  readonly seed: number;
}

/** What there is of it in the end. */
export interface V1DataCounts {
  readonly tenants: number;
  readonly keys: number;
  readonly collections: number;
  readonly documents: number;
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

export const v1KeyOf = (index: number): string => `ak_${sha256(`key ${index}`).slice(0, 24)}`;

const documentsOfCollection = 12;

/** Tenants of AkiDB 1.x of every shape: the identifiers, names, quotas, times and layouts that there may be. */
export function writeV1Data(options: V1DataOptions): V1DataCounts {
  const { tenantCount, collectionsEvery } = options;
  let keys = 0;
  let collections = 0;
  let documents = 0;
  for (let index = 0; index < tenantCount; index++) {
    const manifest = tenantManifest(index);
    if (manifest.api_key_hash !== null) keys += 1;
    const place = writeManifest(options.directory, index, manifest);
    if (index % collectionsEvery !== 0) continue;
    const written = writeCollections(join(options.directory, place), options.seed + index);
    if (manifest.status === "deleted") continue;
    collections += 2;
    documents += written;
  }
  return { tenants: tenantCount, keys, collections, documents };
}

/** @returns the directory of the tenant */
function writeManifest(directory: string, index: number, manifest: { readonly tenant_id: string }): string {
  const isFlat = index % 2 === 1;
  const place = isFlat ? `flat/${manifest.tenant_id}` : `tenants/${index % 7}/t${index}`;
  write(join(directory, isFlat ? `${place}.json` : `${place}/manifest.json`), JSON.stringify(manifest));
  return place;
}

function tenantManifest(index: number) {
  const hex = sha256(`tenant ${index}`).slice(0, 32);
  const uuid = hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  return {
    tenant_id: [`tenant_${hex}`, uuid, `tenant_${hex.toUpperCase()}`][index % 3]!,
    name: nameOf(index),
    status: index % 10 === 8 ? "suspended" : index % 10 === 9 ? "deleted" : "active",
    ...(index % 4 > 0 && { quotas: quotasOf(index) }),
    ...(index % 5 > 0 && { metadata: metadataOf(index) }),
    api_key_hash: index % 25 === 24 ? null : sha256(v1KeyOf(index)),
    created_at: `2024-0${1 + (index % 9)}-17T08:${String(index % 60).padStart(2, "0")}:00.${index % 10}${index % 2 ? "Z" : "+02:00"}`,
    updated_at: "2025-05-05T05:05:05.123456789Z",
  };
}

const nameOf = (index: number): string =>
  index === 3
    ? "Default"
    : [`Company ${index % 40}`, `Größe & Söhne ${index % 6}`, `会社 ${index}`][index % 3]!;

const quotasOf = (index: number) => ({
  max_storage_bytes: index * 1_000_000,
  ...(index % 4 > 1 && { api_rate_limit_per_second: 1 + (index % 500) }),
  ...(index % 4 > 2 && {
    max_vectors_per_collection: 1_000,
    max_collections: 5,
    max_concurrent_searches: null,
  }),
});

const metadataOf = (index: number) => ({
  ...(index % 5 > 1 && { contact_email: `owner.${index}@example.org` }),
  billing_plan: "pro",
  organization: index % 5 > 2 ? `Org ${index}` : null,
  custom: { index, tags: ["a", "ü"] },
});

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../../packages/migration/fixtures/${name}.parquet`, import.meta.url));

/** One of JSONL, one of Parquet. @returns their documents */
function writeCollections(tenant: string, seed: number): number {
  const random = new SeededRandom(seed);
  const vector = () => Array.from({ length: 16 }, () => random.nextGaussian());
  const rows = Array.from({ length: documentsOfCollection }, (_, index) =>
    JSON.stringify({ id: `d-${index}`, vector: vector(), metadata: { index, text: "ä".repeat(index) } }),
  );
  const lines = join(tenant, "collections", "lines");
  write(join(lines, "manifest.json"), JSON.stringify({ name: "lines", dimension: 16, metric: "cosine" }));
  write(join(lines, "vectors.jsonl"), `${rows.join("\n")}\n`);
  const columns = join(tenant, "collections", "columns");
  const hnsw = { m: 8, ef_construction: 64 };
  write(
    join(columns, "manifest.json"),
    JSON.stringify({ name: "columns", dimension: 16, metric: "l2", hnsw }),
  );
  for (const name of ["json-metadata", "struct-metadata"]) {
    copyFileSync(fixture(name), join(columns, `${name}.parquet`));
  }
  return documentsOfCollection + 6;
}

function write(path: string, content: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}
