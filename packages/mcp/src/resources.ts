import { type CallOptions, isAkiDbError } from "@akidb/base";
import { collectionToWire, documentToWire } from "@akidb/protocol";
import { ResourceNotFoundError } from "@modelcontextprotocol/server";
import type { McpDatabase } from "./mcpDatabase.ts";

const scheme = "akidb://collections/";
const mimeType = "application/json";

export const resourceTemplates = [
  {
    uriTemplate: `${scheme}{collection}`,
    name: "collection",
    title: "Collection",
    description: "A collection's settings, state and counts.",
    mimeType,
  },
  {
    uriTemplate: `${scheme}{collection}/documents/{id}`,
    name: "document",
    title: "Document",
    description: "A document with its metadata and text, by its id or external id.",
    mimeType,
  },
];

/** Collections; documents are too many to be listed, and are found by the tool `search`. */
export async function listResources(db: McpDatabase, cursor: string | undefined, options: CallOptions) {
  const page = await db.listCollections(cursor === undefined ? {} : { cursor }, options);
  return {
    resources: page.items.map(({ name, documentCount }) => ({
      uri: `${scheme}${encodeURIComponent(name)}`,
      name,
      description: `Collection of ${documentCount} documents`,
      mimeType,
    })),
    ...(page.nextCursor !== undefined && { nextCursor: page.nextCursor }),
  };
}

/** Rejects with ResourceNotFoundError for what is not there, and as the database does. */
export async function readResource(db: McpDatabase, uri: string, options: CallOptions) {
  const parts = partsOf(uri);
  if (parts === undefined) throw new ResourceNotFoundError(uri);
  const { collection, document } = parts;
  try {
    const content =
      document === undefined
        ? collectionToWire(await db.getCollection(collection, options))
        : documentToWire(await db.collection(collection).get(document, options));
    return { contents: [{ uri, mimeType, text: JSON.stringify(content) }] };
  } catch (error) {
    if (isAkiDbError(error) && error.code === "not_found")
      throw new ResourceNotFoundError(uri, error.message);
    throw error;
  }
}

interface ResourceParts {
  readonly collection: string;
  readonly document?: string;
}

function partsOf(uri: string): ResourceParts | undefined {
  const [, collection, document] =
    /^akidb:\/\/collections\/([^/]+)(?:\/documents\/([^/]+))?$/.exec(uri) ?? [];
  if (collection === undefined) return undefined;
  try {
    return {
      collection: decodeURIComponent(collection),
      ...(document !== undefined && { document: decodeURIComponent(document) }),
    };
  } catch {
    return undefined;
  }
}
