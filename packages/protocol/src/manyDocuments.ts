import {
  type DeleteManyInput,
  type DeleteManyResult,
  type GetManyInput,
  type GetManyResult,
  limits,
} from "@akidb/base";
import Type, { type Static } from "typebox";
import { definedFields } from "./definedFields.ts";
import { DocumentResource, documentFromWire, documentToWire } from "./document.ts";
import { FilterBody } from "./filter.ts";
import { includeSchema } from "./include.ts";

const idsSchema = (max: number) =>
  Type.Array(Type.String(), {
    description: `Ids and external ids, at most ${max}.`,
    examples: [["isbn-0262033844"]],
  });

export const GetManyBody = Type.Object(
  {
    ids: Type.Optional(idsSchema(limits.pageSizeMax)),
    filter: Type.Optional(FilterBody),
    limit: Type.Optional(
      Type.Integer({
        description: `Of a filter's documents, 1..${limits.pageSizeMax}. Default: ${limits.pageSizeDefault}.`,
      }),
    ),
    include: Type.Optional(includeSchema(["metadata", "text"])),
  },
  {
    $id: "GetDocuments",
    additionalProperties: false,
    description: "Exactly one of `ids` and `filter`.",
    examples: [{ ids: ["isbn-0262033844", "019f3c1e-5a61-7c3e-8d55-0d3a6f1b2c4d"] }],
  },
);
export type GetManyBody = Static<typeof GetManyBody>;

export const GetManyResponse = Type.Object(
  {
    documents: Type.Array(DocumentResource, {
      description: "In the order of `ids`; by a filter, the first ones in the order of their ids.",
    }),
    missing: Type.Array(Type.String(), { description: "Those of `ids` of which there is no document." }),
  },
  { $id: "Documents" },
);
export type GetManyResponse = Static<typeof GetManyResponse>;

export const DeleteManyBody = Type.Object(
  {
    ids: Type.Optional(idsSchema(limits.batchDocumentsMax)),
    filter: Type.Optional(FilterBody),
    all: Type.Optional(Type.Boolean({ description: "Every document that there is at the call." })),
  },
  {
    $id: "DeleteDocuments",
    additionalProperties: false,
    description: "Exactly one of `ids`, `filter` with at least one condition, and `all` as true.",
    examples: [{ filter: { year: { $lt: 1990 } } }],
  },
);
export type DeleteManyBody = Static<typeof DeleteManyBody>;

export const DeleteManyResponse = Type.Object(
  { deleted_count: Type.Integer({ description: "Documents that there were.", examples: [7] }) },
  { $id: "Deleted" },
);
export type DeleteManyResponse = Static<typeof DeleteManyResponse>;

export const getManyToWire = ({ ids, filter, limit, include }: GetManyInput): GetManyBody =>
  definedFields<GetManyBody>({ ids: ids && [...ids], filter, limit, include: include && [...include] });

export const getManyResultToWire = ({ documents, missing }: GetManyResult): GetManyResponse => ({
  documents: documents.map(documentToWire),
  missing: [...missing],
});

export const getManyResultFromWire = ({ documents, missing }: GetManyResponse): GetManyResult => ({
  documents: documents.map(documentFromWire),
  missing,
});

export const deleteManyToWire = ({ ids, filter, all }: DeleteManyInput): DeleteManyBody =>
  definedFields<DeleteManyBody>({ ids: ids && [...ids], filter, all });

export const deleteManyResultToWire = ({ deletedCount }: DeleteManyResult): DeleteManyResponse => ({
  deleted_count: deletedCount,
});

export const deleteManyResultFromWire = ({ deleted_count }: DeleteManyResponse): DeleteManyResult => ({
  deletedCount: deleted_count,
});
