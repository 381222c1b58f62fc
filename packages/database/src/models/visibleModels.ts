import { deadlineAfter, isAkiDbError, type ModelInfo, type ModelState } from "@akidb/base";
import type { CollectionRecord, ModelRecord } from "@akidb/catalog";
import type { EmbedOptions } from "@akidb/embedding";
import { embedOptions } from "../embedOptions.ts";
import type { OperationContext } from "../operation.ts";
import { isAway } from "./servedModels.ts";
import type { ServedProvider } from "./servedProvider.ts";

/** What lists models waits no longer for a provider that may be away: what was last known of it does. */
export const modelAnswerMsMax = 1_000;

/**
 * What the caller's tenant can know of: the server's models, and what its own collections are pinned to. Of what the
 * provider cannot be asked about now, what it said last is there.
 */
export async function visibleModels(context: OperationContext): Promise<readonly ModelInfo[]> {
  const { catalog, call, clock } = context;
  using wait = deadlineAfter(clock, modelAnswerMsMax, call.deadline.signal);
  const options = embedOptions(context, wait.signal);
  const pins = pinsOfTenant(context);
  const infos: ModelInfo[] = [];
  const answering = await answeringModels(context, options);
  const { default: first } = context.embedding;
  if (answering.every(({ name }) => name !== first.name)) {
    const record = await lastKnown(context, first);
    if (record !== undefined) infos.push(infoOf(record, { state: "unavailable", isDefault: true, pins }));
  }
  for (const record of answering) {
    infos.push(infoOf(record, { state: "ready", isDefault: record.name === first.name, pins }));
  }
  for (const record of await unloadedModels(context)) {
    infos.push(infoOf(record, { state: "unloaded", isDefault: false, pins }));
  }
  const pinned = await Promise.all(
    [...pins.values()].map(async (pin) => {
      if (infos.some((info) => isOf(info, pin))) return undefined;
      const record = await catalog.models.find(pin);
      // Whatever is pinned was registered, but a row may be damaged: `/ready` says so.
      if (record === undefined) return undefined;
      const state = await stateOf(context, record, options);
      return infoOf(record, { state, isDefault: false, pins });
    }),
  );
  call.deadline.check();
  // Identifiers are in the order of registration.
  const others = pinned.filter((info) => info !== undefined);
  return [...infos, ...others.toSorted((a, b) => (a.id < b.id ? -1 : 1))];
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

async function answeringModels(
  { embedding, models }: OperationContext,
  options: EmbedOptions,
): Promise<readonly ModelRecord[]> {
  const answering = await embedding.answering(options);
  return await Promise.all(answering.map((model) => models.register(model)));
}

/** As they were when they were loaded last, by this process or another one. */
export async function unloadedModels(context: OperationContext): Promise<readonly ModelRecord[]> {
  const known = context.embedding.unloaded.map((provider) => lastKnown(context, provider));
  return (await Promise.all(known)).filter((record) => record !== undefined);
}

const lastKnown = (
  { models }: OperationContext,
  { name, known }: ServedProvider,
): Promise<ModelRecord | undefined> => (known === undefined ? models.lastSeen(name) : models.register(known));

async function stateOf(
  { embedding }: OperationContext,
  record: ModelRecord,
  options: EmbedOptions,
): Promise<ModelState> {
  const provider = embedding.find(record.name);
  if (provider !== undefined && provider !== embedding.default) {
    const { status } = provider.state;
    if (status === "loading" || status === "degraded") return "unavailable";
  }
  try {
    const model = await embedding.model(record.name, record.dimension, options);
    return model.fingerprint === record.fingerprint ? "ready" : "absent";
  } catch (error) {
    if (!isAkiDbError(error)) throw error;
    if (error.code === "invalid_argument") return "absent";
    if (isAway(error.code)) return "unavailable";
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
