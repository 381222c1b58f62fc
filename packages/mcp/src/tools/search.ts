import { CollectionPath, QueryBody, QueryResponse, queryFromWire, queryResultToWire } from "@akidb/protocol";
import Type from "typebox";
import { defineTool } from "../tool.ts";

const { vector, text, id, vectors, full_text, hybrid, top_k, offset, min_score, filter, group_by, include } =
  QueryBody.properties;

/** A model reads what it finds, and vectors tell it nothing. */
const includeDefault = ["metadata", "text"] as const;

export const search = defineTool({
  name: "search",
  title: "Search documents",
  description:
    "Finds documents of a collection by meaning (`text`, `vector`), by likeness to others (`id`, `vectors`) or by their " +
    "words (`full_text`); give exactly one of these. `hybrid: {}` beside `text` ranks by meaning and words together. " +
    "`filter` narrows by metadata. Texts and metadata come back unless `include` says otherwise.",
  operation: "query",
  effect: "reads",
  input: Type.Object(
    {
      ...CollectionPath.properties,
      ...{
        text,
        full_text,
        id,
        vector,
        vectors,
        hybrid,
        filter,
        top_k,
        offset,
        min_score,
        group_by,
        include,
      },
    },
    { additionalProperties: false },
  ),
  output: QueryResponse,
  run: async (db, { collection, ...body }, options) => {
    const query = queryFromWire({ ...body, include: body.include ?? [...includeDefault] });
    return { content: queryResultToWire(await db.collection(collection).query(query, options)) };
  },
});
