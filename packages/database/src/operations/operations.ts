import { createCollection } from "./createCollection.ts";
import { deleteCollection } from "./deleteCollection.ts";
import { deleteDocument } from "./deleteDocument.ts";
import { embed } from "./embed.ts";
import { getCollection } from "./getCollection.ts";
import { getDocument } from "./getDocument.ts";
import { listCollections } from "./listCollections.ts";
import { query } from "./query.ts";
import { upsertDocuments } from "./upsertDocuments.ts";

/** All that a caller can ask of a database. */
export const operations = {
  createCollection,
  listCollections,
  getCollection,
  deleteCollection,
  upsertDocuments,
  getDocument,
  deleteDocument,
  query,
  embed,
} as const;
