import { isPlainObject } from "@akidb/base";
import type { SourceFiles } from "../adapters/sourceFiles.ts";
import {
  type FoundCollection,
  type FoundCollections,
  type FoundFile,
  findManifests,
} from "./findManifests.ts";
import type { Problems } from "./problems.ts";
import { readCollection } from "./readCollection.ts";
import { asManifest, manifestBytesMax, readJsonFile, readManifest } from "./readJsonFile.ts";
import { readTenant, uuidOf } from "./readTenant.ts";
import type { V1Collection, V1Directory, V1DocumentFile, V1Tenant } from "./v1Directory.ts";

const manifestName = "manifest.json";

type TenantManifest = Omit<V1Tenant, "collections">;

/** Every manifest of 1.x below a directory. Whatever is wrong is noted, and left out of what is returned. */
export async function readV1Directory(files: SourceFiles, problems: Problems): Promise<V1Directory> {
  const { candidates, collections, others } = await findManifests(files, problems);
  const ignoredFiles = [...others];
  const ignore = (path: string): void => void ignoredFiles.push(path);
  const tenants = await readTenants(files, { candidates, problems, ignore });
  refuseRepeated(tenants, problems);
  const collectionsOf = new Map<TenantManifest, readonly V1Collection[]>();
  for (const found of collections) {
    const owner = ownerOf(found, tenants, problems);
    const read = await readCollections(files, { found, problems, ignore });
    if (owner !== undefined) collectionsOf.set(owner, [...(collectionsOf.get(owner) ?? []), ...read]);
  }
  const whole = tenants.map((tenant) => ({ ...tenant, collections: collectionsOf.get(tenant) ?? [] }));
  for (const tenant of whole) refuseRepeatedCollections(tenant, problems);
  return { tenants: whole.sort(byCreation), ignoredFiles: ignoredFiles.sort() };
}

interface Reading {
  readonly problems: Problems;
  readonly ignore: (path: string) => void;
}

async function readTenants(
  files: SourceFiles,
  { candidates, problems, ignore }: Reading & { readonly candidates: readonly FoundFile[] },
): Promise<readonly TenantManifest[]> {
  const tenants: TenantManifest[] = [];
  for (const candidate of candidates) {
    const file = candidate.path;
    const isNamedSo = baseName(file) === manifestName;
    if (!isNamedSo && candidate.bytes > manifestBytesMax) {
      ignore(file);
      continue;
    }
    const read = await readJsonFile(files, candidate, problems);
    if (read === undefined) continue;
    // Other JSON may lie about; but a manifest that has lost its identifier is a tenant that is lost.
    const hasIdentifier = isPlainObject(read.value) && Object.hasOwn(read.value, "tenant_id");
    if (!isNamedSo && !hasIdentifier) {
      ignore(file);
      continue;
    }
    const manifest = asManifest(file, read.value, problems);
    if (manifest !== undefined) tenants.push(...present(readTenant({ file, problems }, manifest)));
  }
  return tenants;
}

async function readCollections(
  files: SourceFiles,
  { found, problems, ignore }: Reading & { readonly found: FoundCollections },
): Promise<readonly V1Collection[]> {
  const collections: V1Collection[] = [];
  for (const directory of found.collections) {
    const file = `${directory.path}/${manifestName}`;
    const manifestFile = directory.files.find(({ path }) => path === file);
    if (manifestFile === undefined) {
      problems.add(file, "", "is missing: it tells the collection's dimension and metric");
      continue;
    }
    const manifest = await readManifest(files, manifestFile, problems);
    if (manifest === undefined) continue;
    const documentFiles = documentFilesOf(directory, ignore);
    for (const collection of present(readCollection({ file, problems }, manifest))) {
      collections.push({ ...collection, documentFiles });
    }
  }
  return collections;
}

function documentFilesOf(
  { path: directory, files }: FoundCollection,
  ignore: (path: string) => void,
): readonly V1DocumentFile[] {
  const documentFiles: V1DocumentFile[] = [];
  for (const { path, bytes } of files) {
    const format = /\.(jsonl|ndjson)$/i.test(path)
      ? "jsonl"
      : /\.parquet$/i.test(path)
        ? "parquet"
        : undefined;
    if (format !== undefined) documentFiles.push({ path, format, bytes });
    else if (path !== `${directory}/${manifestName}`) ignore(path);
  }
  return documentFiles;
}

/**
 * The tenant whose directory it is: the one that is called by its identifier, or by the name of its manifest; else the only
 * one with a manifest in it.
 */
function ownerOf(
  { tenantPath, collections }: FoundCollections,
  tenants: readonly TenantManifest[],
  problems: Problems,
): TenantManifest | undefined {
  const uuid = uuidOf(baseName(tenantPath));
  const called = tenants.filter(
    (tenant) => tenant.uuid === uuid || (tenantPath !== "" && tenant.file === `${tenantPath}.json`),
  );
  const within = tenants.filter(({ file }) => directoryOf(file) === tenantPath);
  const [owner, ...more] = called.length > 0 ? called : within;
  if (owner !== undefined && more.length === 0) return owner;
  const place = tenantPath === "" ? "collections" : `${tenantPath}/collections`;
  const [first] = collections;
  // Where a manifest beside it is broken, that is what is to be mended.
  if (problems.count === 0 && first !== undefined) {
    problems.add(place, "", owner === undefined ? "belongs to no tenant" : "may be of more than one tenant");
  }
  return undefined;
}

function refuseRepeated(tenants: readonly TenantManifest[], problems: Problems): void {
  const files = new Map<string, string>();
  for (const { file, uuid, keyHash } of tenants) {
    const keyName = keyHash && `key ${Buffer.from(keyHash).toString("hex")}`;
    for (const [field, name] of [
      ["tenant_id", uuid],
      ["api_key_hash", keyName],
    ] as const) {
      if (name === undefined) continue;
      const other = files.get(name);
      if (other !== undefined) problems.add(file, field, `is that of ${other}, too`);
      files.set(name, file);
    }
  }
}

function refuseRepeatedCollections({ collections }: V1Tenant, problems: Problems): void {
  const files = new Map<string, string>();
  for (const { file, name } of collections) {
    const other = files.get(name);
    if (other !== undefined) problems.add(file, "name", `is that of ${other}, too`);
    files.set(name, file);
  }
}

/** One order for every run, so that slugs are given out alike. */
const byCreation = (a: V1Tenant, b: V1Tenant): number =>
  a.createdAt === b.createdAt ? (a.uuid < b.uuid ? -1 : 1) : a.createdAt < b.createdAt ? -1 : 1;

const present = <Item>(item: Item | undefined): readonly Item[] => (item === undefined ? [] : [item]);
const baseName = (path: string): string => path.slice(path.lastIndexOf("/") + 1);
const directoryOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf("/")));
