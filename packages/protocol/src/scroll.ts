import { limits, type ScrollPage, type ScrollPageInput } from "@akidb/base";
import Type, { type Static } from "typebox";
import { definedFields } from "./definedFields.ts";
import { DocumentResource, documentFromWire, documentToWire } from "./document.ts";
import { FilterBody } from "./filter.ts";
import { includeSchema } from "./include.ts";

export const ScrollBody = Type.Object(
  {
    filter: Type.Optional(FilterBody),
    limit: Type.Optional(
      Type.Integer({
        description: `Documents of a page, 1..${limits.pageSizeMax}. Default: ${limits.pageSizeDefault}.`,
        examples: [limits.pageSizeDefault],
      }),
    ),
    cursor: Type.Optional(
      Type.String({ description: "`next_cursor` of the page before, of the same collection and filter." }),
    ),
    include: Type.Optional(includeSchema(["metadata", "text"])),
  },
  {
    $id: "Scroll",
    additionalProperties: false,
    examples: [{ filter: { year: { $gte: 2020 } }, limit: 100 }],
  },
);
export type ScrollBody = Static<typeof ScrollBody>;

export const ScrollResponse = Type.Object(
  {
    documents: Type.Array(DocumentResource, {
      description: "In the order of their ids; any page may have fewer than `limit`.",
    }),
    next_cursor: Type.Optional(Type.String({ description: "Absent on the last page." })),
  },
  { $id: "ScrollPage" },
);
export type ScrollResponse = Static<typeof ScrollResponse>;

export const DocumentLines = Type.Any({
  description: "One Document a line; none where there is none.",
  examples: ['{"id":"019f3c1e-5a61-7c3e-8d55-0d3a6f1b2c4d","metadata":{"year":2021},"version":1}\n'],
});

export const scrollToWire = ({ filter, limit, cursor, include }: ScrollPageInput): ScrollBody =>
  definedFields<ScrollBody>({ filter, limit, cursor, include: include && [...include] });

export const scrollPageToWire = ({ documents, nextCursor }: ScrollPage): ScrollResponse =>
  definedFields<ScrollResponse>({ documents: documents.map(documentToWire), next_cursor: nextCursor });

export const scrollPageFromWire = ({ documents, next_cursor }: ScrollResponse): ScrollPage =>
  definedFields<ScrollPage>({ documents: documents.map(documentFromWire), nextCursor: next_cursor });
