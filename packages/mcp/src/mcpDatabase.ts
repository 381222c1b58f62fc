import type {
  AkiDb,
  CallOptions,
  Collection,
  CollectionInfo,
  CollectionOperation,
  CreateCollectionInput,
  Page,
  PageRequest,
} from "@akidb/base";

/** What the tools and resources need of a database, whoever it acts for. */
export interface McpDatabase {
  /** What tools are shown. */
  permitted(options: CallOptions): Promise<readonly CollectionOperation[]>;
  listCollections(page: PageRequest, options: CallOptions): Promise<Page<CollectionInfo>>;
  getCollection(nameOrId: string, options: CallOptions): Promise<CollectionInfo>;
  createCollection(input: CreateCollectionInput, options: CallOptions): Promise<CollectionInfo>;
  collection(nameOrId: string): Pick<Collection, "query" | "get" | "upsert" | "deleteMany">;
}

/** @param chosen the name or id of a database; that called `default` if undefined */
export function mcpDatabaseOf(db: AkiDb, chosen: string | undefined): McpDatabase {
  const database = chosen === undefined ? db : db.database(chosen);
  return {
    permitted: async (options) => {
      const input = chosen === undefined ? {} : { database: chosen };
      return (await db.auth.permissions(input, options)).operations;
    },
    listCollections: (page, options) => database.listCollections(page, options),
    getCollection: (nameOrId, options) => database.getCollection(nameOrId, options),
    createCollection: (input, options) => database.createCollection(input, options),
    collection: (nameOrId) => database.collection(nameOrId),
  };
}
