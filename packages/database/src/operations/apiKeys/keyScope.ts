import {
  type CollectionId,
  type CreateApiKeyInput,
  type DatabaseId,
  type FieldViolation,
  invalidArgument,
  invalidArguments,
  parseId,
  type TenantId,
} from "@akidb/base";
import { type ApiKeyScope, catalogLimits, type DatabaseRecord } from "@akidb/catalog";
import { parseFilter } from "@akidb/engine";
import type { OperationContext } from "../../operation.ts";

/**
 * What a new key is confined to, with names resolved in its tenant.
 *
 * @throws AkiDbError `invalid_argument` that names what there is not
 */
export function keyScope(
  context: OperationContext,
  tenantId: TenantId,
  { databases, collections, readOnly = false, filter }: CreateApiKeyInput,
): ApiKeyScope {
  if (filter !== undefined) parseFilter(filter);
  const known = context.databases.ofTenant(tenantId);
  const chosen =
    databases && resolve("databases", databases, (text) => known.filter((record) => isNamed(record, text)));
  const chosenCollections =
    collections && resolve("collections", collections, finder(context, known, chosen));
  return {
    databases: chosen?.map(({ id }) => id) ?? null,
    collections: chosenCollections ?? null,
    readOnly,
    filter: filter ?? null,
  };
}

/** What each of some names leads to, each thing once. */
function resolve<Found>(
  path: string,
  names: readonly string[],
  find: (name: string) => readonly Found[],
): readonly Found[] {
  const { keyScopeIdsMax } = catalogLimits;
  if (!Array.isArray(names) || names.length === 0 || names.length > keyScopeIdsMax) {
    throw invalidArgument(path, `must name 1 to ${keyScopeIdsMax} of them, or be absent for all`);
  }
  const found = new Set<Found>();
  const violations: FieldViolation[] = [];
  for (const [at, name] of names.entries()) {
    const [first, ...others] = typeof name === "string" ? find(name) : [];
    if (first !== undefined && others.length === 0) found.add(first);
    else violations.push({ path: `${path}[${at}]`, detail: first === undefined ? absent : ambiguous });
  }
  if (violations.length > 0) throw invalidArguments(violations);
  return [...found];
}

const absent = "does not exist";
const ambiguous = 'is in more than one of the databases: write it as "database/name"';

const isNamed = ({ id, name }: DatabaseRecord, text: string): boolean =>
  name === text || id === parseId<"database">(text);

/** @param chosen the databases to which the key is confined, if it is */
function finder(
  { collections }: OperationContext,
  known: readonly DatabaseRecord[],
  chosen: readonly DatabaseRecord[] | undefined,
): (text: string) => readonly CollectionId[] {
  const allowed = new Set((chosen ?? known).map(({ id }) => id));
  const records = collections.records().filter(({ databaseId }) => allowed.has(databaseId));
  const named = (within: ReadonlySet<DatabaseId>, name: string): readonly CollectionId[] =>
    records.filter((record) => within.has(record.databaseId) && record.name === name).map(({ id }) => id);
  const unnamed = chosen === undefined ? idsOf(known.filter(({ name }) => name === "default")) : allowed;
  return (text) => {
    const id = parseId<"collection">(text);
    if (id !== undefined) return records.some((record) => record.id === id) ? [id] : [];
    const [database, name, ...rest] = text.split("/");
    if (name === undefined) return named(unnamed, text);
    if (rest.length > 0) return [];
    return named(idsOf(known.filter((record) => isNamed(record, database ?? ""))), name);
  };
}

const idsOf = (records: readonly DatabaseRecord[]): ReadonlySet<DatabaseId> =>
  new Set(records.map(({ id }) => id));
