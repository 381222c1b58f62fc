import type { Tool } from "../tool.ts";
import { createCollection } from "./createCollection.ts";
import { deleteDocuments } from "./deleteDocuments.ts";
import { describeCollection } from "./describeCollection.ts";
import { getDocument } from "./getDocument.ts";
import { listCollections } from "./listCollections.ts";
import { search } from "./search.ts";
import { upsertDocuments } from "./upsertDocuments.ts";

/** All that there are, in the order in which they are shown. */
export const tools: readonly Tool[] = [
  search,
  getDocument,
  listCollections,
  describeCollection,
  upsertDocuments,
  createCollection,
  deleteDocuments,
];
