import { type JsonObject, parseId } from "@akidb/base";
import { ManifestFields, type ManifestPlace } from "./manifestFields.ts";
import { type V1Quotas, type V1Tenant, v1Statuses } from "./v1Directory.ts";

/** @returns undefined where anything is wrong, which is noted then */
export function readTenant(
  place: ManifestPlace,
  manifest: JsonObject,
): Omit<V1Tenant, "collections"> | undefined {
  const before = place.problems.count;
  const fields = new ManifestFields(place, manifest);
  const legacyId = fields.required("tenant_id", fields.text);
  const uuid = legacyId === undefined ? undefined : uuidOf(legacyId);
  if (legacyId !== undefined && uuid === undefined) {
    fields.refuse("tenant_id", 'must be "tenant_" and 32 hexadecimal digits, or a UUID');
  }
  const name = fields.required("name", fields.text);
  const status = fields.required("status", fields.oneOf(v1Statuses));
  const quotas = readQuotas(fields.fields("quotas"));
  const metadata = fields.fields("metadata");
  const contactEmail = metadata.text("contact_email");
  metadata.text("billing_plan");
  metadata.text("organization");
  metadata.fields("custom");
  const keyHash = readKeyHash(fields);
  const createdAt = fields.required("created_at", fields.time);
  const updatedAt = fields.time("updated_at") ?? createdAt;
  if (place.problems.count > before) return undefined;
  return {
    file: place.file,
    legacyId: legacyId!,
    uuid: uuid!,
    name: name!,
    status: status!,
    quotas,
    metadata: metadata.object,
    contactEmail,
    keyHash,
    createdAt: createdAt!,
    updatedAt: updatedAt!,
  };
}

/** Of either spelling. */
export function uuidOf(legacyId: string): string | undefined {
  const [, digits] = /^tenant_([0-9a-fA-F]{32})$/.exec(legacyId) ?? [];
  return parseId(
    digits === undefined ? legacyId : digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5"),
  );
}

const readQuotas = (quotas: ManifestFields): V1Quotas => ({
  maxStorageBytes: quotas.integer(0)("max_storage_bytes"),
  apiRateLimitPerSecond: quotas.integer(1)("api_rate_limit_per_second"),
  maxVectorsPerCollection: quotas.integer(1)("max_vectors_per_collection"),
  maxCollections: quotas.integer(0)("max_collections"),
  maxConcurrentSearches: quotas.integer(0)("max_concurrent_searches"),
});

function readKeyHash(fields: ManifestFields): Uint8Array | undefined {
  const text = fields.text("api_key_hash");
  if (text === undefined) return undefined;
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, "hex");
  return fields.refuse("api_key_hash", "must be the SHA-256 of the key: 64 hexadecimal digits");
}
