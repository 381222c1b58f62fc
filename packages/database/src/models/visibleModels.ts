import { isAkiDbError, type ModelInfo, type ModelState } from "@akidb/base";
import type { CollectionRecord, ModelRecord } from "@akidb/catalog";
import { embedOptions } from "../embedOptions.ts";
import type { OperationContext } from "../operation.ts";

/**
 * What the caller's tenant can know of: the server's models, and what its own collections are pinned to. Of what the
 * provider cannot be asked about now, that which is pinned is there.
 */
export async function visibleModels(context: OperationContext): Promise<readonly ModelInfo[]> {
  const { catalog } = context;
  const pins = pinsOfTenant(context);
  const infos: ModelInfo[] = [];
  for (const record of await answeringModels(context)) {
    const isDefault = record.name === context.embedding.default.name;
    infos.push(infoOf(record, { state: "ready", isDefault, pins }));
  }
  for (const record of await unloadedModels(context)) {
    infos.push(infoOf(record, { state: "unloaded", isDefault: false, pins }));
  }
  const pinned: ModelInfo[] = [];
  for (const pin of pins.values()) {
    if (infos.some((info) => isOf(info, pin))) continue;
    const record = await catalog.models.find(pin);
    // Whatever is pinned was registered, but a row may be damaged: `/ready` says so.
    if (record === undefined) continue;
    pinned.push(infoOf(record, { state: await stateOf(context, record), isDefault: false, pins }));
  }
  // Identifiers are in the order of registration.
  return [...infos, ...pinned.toSorted((a, b) => (a.id < b.id ? -1 : 1))];
}

interface Pin {
  readonly name: string;
  readonly fingerprint: string;
  readonly collectionCount: number;
}

const isOf = (model: Pick<ModelRecord, "name" | "fingerprint">, pin: Pin): boolean =>
  model.name === pin.name && model.fingerprint === pin.fingerprint;

function pinsOfTenant({ collections, databases, principal }: OperationContext): ReadonlyMap<string, Pin> {
  const pins = new Map<string, Pin>();
  const isOwn = ({ databaseId }: CollectionRecord): boolean =>
    databases.tenantOf(databaseId) === principal.tenantId;
  for (const record of collections.records().filter(isOwn)) {
    const { embeddingModel: name, modelFingerprint: fingerprint } = record;
    if (name === null || fingerprint === null) continue;
    const key = JSON.stringify([name, fingerprint]);
    pins.set(key, { name, fingerprint, collectionCount: (pins.get(key)?.collectionCount ?? 0) + 1 });
  }
  return pins;
}

async function answeringModels(context: OperationContext): Promise<readonly ModelRecord[]> {
  const { embedding, models } = context;
  const answering = await embedding.answering(embedOptions(context));
  return await Promise.all(answering.map((model) => models.register(model)));
}

/** As they were when they were loaded last, by this process or another one. */
export async function unloadedModels({
  embedding,
  models,
}: OperationContext): Promise<readonly ModelRecord[]> {
  const known = embedding.unloaded.map(async ({ name, known: model }) =>
    model === undefined ? await models.lastSeen(name) : await models.register(model),
  );
  return (await Promise.all(known)).filter((record) => record !== undefined);
}

async function stateOf(context: OperationContext, record: ModelRecord): Promise<ModelState> {
  const { embedding } = context;
  const provider = embedding.find(record.name);
  if (provider !== undefined && provider !== embedding.default) {
    const { status } = provider.state;
    if (status === "loading" || status === "degraded") return "unavailable";
  }
  try {
    const model = await embedding.model(record.name, record.dimension, embedOptions(context));
    return model.fingerprint === record.fingerprint ? "ready" : "absent";
  } catch (error) {
    if (!isAkiDbError(error)) throw error;
    if (error.code === "invalid_argument") return "absent";
    if (error.code === "unavailable") return "unavailable";
    throw error;
  }
}

const infoOf = (
  { updatedAt: _, ...record }: ModelRecord,
  { pins, ...more }: Pick<ModelInfo, "state" | "isDefault"> & { readonly pins: ReadonlyMap<string, Pin> },
): ModelInfo => ({
  ...record,
  ...more,
  collectionCount: [...pins.values()].find((pin) => isOf(record, pin))?.collectionCount ?? 0,
});
