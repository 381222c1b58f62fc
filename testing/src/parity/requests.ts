import type {
  AkiDb,
  CreateCollectionInput,
  DeleteManyInput,
  DocumentInput,
  EmbedInput,
  Include,
  Match,
  QueryInput,
} from "@akidb/base";

/** What every transport can ask, with answers of which only what is the same every time is left. */
export interface Requests {
  create(input: CreateCollectionInput): Promise<unknown>;
  describe(collection: string): Promise<unknown>;
  drop(collection: string): Promise<unknown>;
  insert(collection: string, document: DocumentInput): Promise<unknown>;
  get(collection: string, id: string, include: readonly Include[]): Promise<unknown>;
  remove(collection: string, id: string, ifVersion?: number): Promise<unknown>;
  removeMany(collection: string, input: DeleteManyInput): Promise<unknown>;
  query(collection: string, input: QueryInput): Promise<unknown>;
  embed(input: EmbedInput): Promise<unknown>;
}

/** Distances travel over gRPC as 32-bit floats. */
export const comparableMatch = ({ distance, vector, ...match }: Match) => ({
  ...match,
  distance: Math.fround(distance),
  ...(vector !== undefined && { vector: [...vector] }),
});

export const requestsOf = (db: AkiDb): Requests => ({
  create: async (input) => {
    const { name, dimension, metric } = await db.createCollection(input);
    return { name, dimension, metric };
  },
  describe: async (collection) => {
    const { name, dimension, metric, documentCount, state } = await db.getCollection(collection);
    return { name, dimension, metric, documentCount, state };
  },
  drop: (collection) => db.deleteCollection(collection),
  insert: async (collection, document) => {
    const [item] = (await db.collection(collection).upsert([document])).items;
    if (item?.ok) return { id: item.id, version: item.version };
    throw Object.assign(new Error(item?.detail), { ...item });
  },
  get: async (collection, id, include) => {
    const document = await db.collection(collection).get(id, { include });
    const { vector, insertedAt, updatedAt, ...others } = document;
    const isTimed = insertedAt <= updatedAt;
    return { ...others, isTimed, ...(vector !== undefined && { vector: [...vector] }) };
  },
  remove: (collection, id, ifVersion) =>
    db.collection(collection).delete(id, ifVersion === undefined ? {} : { ifVersion }),
  removeMany: (collection, input) => db.collection(collection).deleteMany(input),
  query: async (collection, input) => {
    const { matches, groups } = await db.collection(collection).query(input);
    return {
      matches: matches.map(comparableMatch),
      groups: (groups ?? []).map(({ value, matches: within }) => ({
        value,
        matches: within.map(comparableMatch),
      })),
    };
  },
  embed: async (input) => {
    const { embeddings, model, dimension, usage } = await db.embed(input);
    return {
      embeddings: embeddings.map((vector) => [...vector]),
      model,
      dimension,
      tokens: usage.totalTokens,
    };
  },
});
