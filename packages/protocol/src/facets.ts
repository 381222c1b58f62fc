import { type FacetsInput, type FacetsResult, limits } from "@akidb/base";
import Type, { type Static } from "typebox";
import { definedFields } from "./definedFields.ts";
import { FilterBody } from "./filter.ts";

export const FacetsBody = Type.Object(
  {
    field: Type.String({ description: "As in a filter, nested fields by dots.", examples: ["author.name"] }),
    filter: Type.Optional(FilterBody),
    limit: Type.Optional(
      Type.Integer({ description: `Values, 1..${limits.facetValuesMax}. Default: 10.`, examples: [10] }),
    ),
  },
  {
    $id: "Facets",
    additionalProperties: false,
    examples: [{ field: "tags", filter: { year: { $gte: 2020 } } }],
  },
);
export type FacetsBody = Static<typeof FacetsBody>;

export const FacetsResponse = Type.Object(
  {
    facets: Type.Array(
      Type.Object({
        value: Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()]),
        count: Type.Integer({ description: "Documents that have the value." }),
      }),
      { description: "Most frequent first." },
    ),
    distinct_count: Type.Integer({ description: "Different values, those beyond `limit` among them." }),
  },
  { $id: "FacetCounts" },
);
export type FacetsResponse = Static<typeof FacetsResponse>;

export const facetsToWire = ({ field, filter, limit }: FacetsInput): FacetsBody =>
  definedFields<FacetsBody>({ field, filter, limit });

export const facetsResultToWire = ({ facets, distinctCount }: FacetsResult): FacetsResponse => ({
  facets: [...facets],
  distinct_count: distinctCount,
});

export const facetsResultFromWire = (response: FacetsResponse): FacetsResult => ({
  facets: response.facets,
  distinctCount: response.distinct_count,
});
