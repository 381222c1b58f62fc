import type {
  AkiDb,
  CountInput,
  CreateCollectionInput,
  DeleteManyInput,
  Document,
  DocumentInput,
  DocumentPatch,
  EmbedInput,
  FacetsInput,
  GetManyInput,
  Include,
  Match,
  PatchResult,
  QueryInput,
  ScrollInput,
  ScrollPage,
  UpdateCollectionInput,
  UpsertOptions,
  UpsertResult,
} from "@akidb/base";

/** What every transport can ask, with answers of which only what is the same every time is left. */
export interface Requests {
  create(input: CreateCollectionInput): Promise<unknown>;
  describe(collection: string): Promise<unknown>;
  update(collection: string, changes: UpdateCollectionInput): Promise<unknown>;
  drop(collection: string): Promise<unknown>;
  insert(collection: string, document: DocumentInput): Promise<unknown>;
  get(collection: string, id: string, include: readonly Include[]): Promise<unknown>;
  remove(collection: string, id: string, ifVersion?: number): Promise<unknown>;
  removeMany(collection: string, input: DeleteManyInput): Promise<unknown>;
  query(collection: string, input: QueryInput): Promise<unknown>;
  upsert(
    collection: string,
    documents: readonly DocumentInput[],
    options?: UpsertOptions,
  ): Promise<UpsertResult>;
  patch(collection: string, patch: DocumentPatch): Promise<unknown>;
  patchMany(
    collection: string,
    patches: readonly DocumentPatch[],
    options?: UpsertOptions,
  ): Promise<PatchResult>;
  getMany(collection: string, input: GetManyInput): Promise<unknown>;
  /** All pages. */
  scroll(collection: string, input: ScrollInput): Promise<unknown>;
  count(collection: string, input: CountInput): Promise<number>;
  facets(collection: string, input: FacetsInput): Promise<unknown>;
  embed(input: EmbedInput): Promise<unknown>;
}

/** Distances travel over gRPC as 32-bit floats. */
export const comparableMatch = ({ distance, vector, ...match }: Match) => ({
  ...match,
  distance: Math.fround(distance),
  ...(vector !== undefined && { vector: [...vector] }),
});

/** Times differ from one transport to the next; whether they are in order does not. */
export const comparableDocument = ({ vector, insertedAt, updatedAt, expiresAt, ...document }: Document) => ({
  ...document,
  isTimed: insertedAt <= updatedAt,
  ...(expiresAt !== undefined && { expires: expiresAt.startsWith("2099") ? expiresAt : "later" }),
  ...(vector !== undefined && { vector: [...vector] }),
});

export async function pagesFrom(pageAt: (cursor: string | undefined) => Promise<ScrollPage>) {
  const pages: unknown[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await pageAt(cursor);
    pages.push(page.documents.map(comparableDocument));
    if (page.nextCursor === undefined) return pages;
    cursor = page.nextCursor;
  }
}

export const requestsOf = (db: AkiDb): Requests => ({
  create: async (input) => {
    const { name, dimension, metric } = await db.createCollection(input);
    return { name, dimension, metric };
  },
  describe: async (collection) => {
    const { name, dimension, metric, documentCount, state } = await db.getCollection(collection);
    return { name, dimension, metric, documentCount, state };
  },
  update: async (collection, changes) => {
    const { name, maxDocumentCount, syncPolicy, walRetentionSeconds } = await db.updateCollection(
      collection,
      changes,
    );
    return { name, maxDocumentCount, syncPolicy, walRetentionSeconds };
  },
  drop: (collection) => db.deleteCollection(collection),
  insert: async (collection, document) => {
    const [item] = (await db.collection(collection).upsert([document])).items;
    if (item?.ok) return { id: item.id, version: item.version };
    throw Object.assign(new Error(item?.detail), { ...item });
  },
  get: async (collection, id, include) => {
    const document = await db.collection(collection).get(id, { include });
    return comparableDocument(document);
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
  upsert: (collection, documents, options) => db.collection(collection).upsert(documents, options),
  patch: (collection, { id, ifVersion, ...change }) =>
    db.collection(collection).patch(id, change, ifVersion === undefined ? {} : { ifVersion }),
  patchMany: (collection, patches, options) => db.collection(collection).patchMany(patches, options),
  getMany: async (collection, input) => {
    const { documents, missing } = await db.collection(collection).getMany(input);
    return { documents: documents.map(comparableDocument), missing };
  },
  scroll: (collection, input) =>
    pagesFrom((cursor) =>
      db.collection(collection).scrollPage({ ...input, ...(cursor !== undefined && { cursor }) }),
    ),
  count: (collection, input) => db.collection(collection).count(input),
  facets: (collection, input) => db.collection(collection).facets(input),
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
