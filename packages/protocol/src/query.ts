import {
  type GroupBy,
  invalidArgument,
  limits,
  type QueryExample,
  type QueryExamples,
  type QueryInput,
  type QueryParams,
} from "@akidb/base";
import Type, { type Static } from "typebox";
import { definedFields } from "./definedFields.ts";
import { FilterBody } from "./filter.ts";
import { includeSchema } from "./include.ts";
import {
  FullTextBody,
  HighlightBody,
  HybridBody,
  RerankBody,
  textQueryFromWire,
  textQueryToWire,
} from "./textQuery.ts";
import { readVector, vectorToWire, WireVector } from "./wireVector.ts";

const ExampleBody = Type.Union([
  WireVector,
  Type.String({
    description: "A document's id or external id; it is no answer.",
    examples: ["isbn-0262033844"],
  }),
]);
type ExampleBody = Static<typeof ExampleBody>;

const ExamplesBody = Type.Object(
  {
    positive: Type.Array(ExampleBody, { description: "At least one." }),
    negative: Type.Optional(Type.Array(ExampleBody)),
  },
  {
    additionalProperties: false,
    description:
      "The mean of the positive examples, moved away from the mean of the negative ones by as much as it is apart from it. " +
      `Under cosine each is taken at length 1. At most ${limits.queryExamplesMax} examples.`,
  },
);
type ExamplesBody = Static<typeof ExamplesBody>;

export const QueryBody = Type.Object(
  {
    vector: Type.Optional(WireVector),
    query_vector: Type.Optional(WireVector),
    text: Type.Optional(Type.String({ description: "Embedded with the collection's model." })),
    id: Type.Optional(
      Type.String({
        description: "More like this document, named by its id or external id; itself is no answer.",
      }),
    ),
    vectors: Type.Optional(ExamplesBody),
    full_text: Type.Optional(FullTextBody),
    hybrid: Type.Optional(HybridBody),
    rerank: Type.Optional(RerankBody),
    highlight: Type.Optional(Type.Union([Type.Boolean(), HighlightBody])),
    top_k: Type.Optional(
      Type.Integer({
        description: `1..${limits.topKMax}; of groups where there is \`group_by\`. Default: 10.`,
        examples: [10],
      }),
    ),
    offset: Type.Optional(
      Type.Integer({
        description: `Of the best, how many are left out. With \`top_k\` at most ${limits.topKMax}. Default: 0.`,
      }),
    ),
    min_score: Type.Optional(Type.Number({ description: "Only documents whose score is at least this." })),
    ef: Type.Optional(
      Type.Integer({
        description: `Breadth of the walk through the graph: more finds more and takes longer. 1..${limits.efMax}. Default: the server's \`hnsw.ef_search\`.`,
        examples: [128],
      }),
    ),
    exact: Type.Optional(
      Type.Boolean({ description: "Looks at every vector instead of walking the graph. Default: false." }),
    ),
    filter: Type.Optional(FilterBody),
    params: Type.Optional(
      Type.Object(
        {
          rescore: Type.Optional(
            Type.Boolean({
              description:
                "Whether the nearest by their codes are ranked and scored by their vectors. Without it, a walk through the " +
                "graph is a little faster, and scores are about right. Default: true.",
            }),
          ),
        },
        { additionalProperties: false },
      ),
    ),
    group_by: Type.Optional(
      Type.Object(
        {
          field: Type.String({
            description:
              "Path of a field with strings, numbers, booleans or null; a document belongs to a group for each of its values.",
            examples: ["author.name"],
          }),
          size: Type.Optional(
            Type.Integer({
              description: `Matches of a group at most, 1..${limits.groupSizeMax}. Default: 3.`,
            }),
          ),
        },
        { additionalProperties: false },
      ),
    ),
    include: Type.Optional(includeSchema(["metadata"])),
    explain: Type.Optional(Type.Boolean({ description: "Tells how the answer was found. Default: false." })),
    timeout_ms: Type.Optional(
      Type.Integer({
        description:
          "Ends the query with `deadline_exceeded` when it takes longer. The server's `timeout_seconds` still holds.",
        examples: [500],
      }),
    ),
  },
  {
    $id: "Query",
    additionalProperties: false,
    description:
      "Exactly one of `vector`, `text`, `id`, `vectors` and `full_text`; `query_vector` is another name of `vector`.",
    examples: [{ text: "sorting in linear time", top_k: 3 }],
  },
);
export type QueryBody = Static<typeof QueryBody>;

export function queryFromWire(body: QueryBody): QueryInput {
  const { vector, query_vector } = body;
  if (vector !== undefined && query_vector !== undefined) {
    throw invalidArgument("query_vector", "is the same as vector; give one of them");
  }
  return definedFields<QueryInput>({
    vector:
      vector !== undefined
        ? readVector(vector, "vector")
        : query_vector !== undefined
          ? readVector(query_vector, "query_vector")
          : undefined,
    text: body.text,
    id: body.id,
    vectors: body.vectors && examplesFromWire(body.vectors),
    ...textQueryFromWire(body),
    topK: body.top_k,
    offset: body.offset,
    minScore: body.min_score,
    ef: body.ef,
    exact: body.exact,
    filter: body.filter,
    params: body.params && definedFields<QueryParams>({ rescore: body.params.rescore }),
    groupBy:
      body.group_by && definedFields<GroupBy>({ field: body.group_by.field, size: body.group_by.size }),
    include: body.include,
    explain: body.explain,
    timeoutMs: body.timeout_ms,
  });
}

function examplesFromWire({ positive, negative }: ExamplesBody): QueryExamples {
  const fromWire = (examples: readonly ExampleBody[], path: string): QueryExample[] =>
    examples.map((example, index) =>
      typeof example === "string" ? example : readVector(example, `${path}[${index}]`),
    );
  return definedFields<QueryExamples>({
    positive: fromWire(positive, "vectors.positive"),
    negative: negative && fromWire(negative, "vectors.negative"),
  });
}

export const queryToWire = (input: QueryInput): QueryBody =>
  definedFields<QueryBody>({
    vector: input.vector === undefined ? undefined : vectorToWire(input.vector),
    text: input.text,
    id: input.id,
    vectors: input.vectors && examplesToWire(input.vectors),
    ...textQueryToWire(input),
    top_k: input.topK,
    offset: input.offset,
    min_score: input.minScore,
    ef: input.ef,
    exact: input.exact,
    filter: input.filter,
    params: input.params && { ...input.params },
    group_by: input.groupBy && { ...input.groupBy },
    include: input.include === undefined ? undefined : [...input.include],
    explain: input.explain,
    timeout_ms: input.timeoutMs,
  });

function examplesToWire({ positive, negative }: QueryExamples): ExamplesBody {
  const toWire = (examples: readonly QueryExample[]): ExampleBody[] =>
    examples.map((example) => (typeof example === "string" ? example : vectorToWire(example)));
  return definedFields<ExamplesBody>({
    positive: toWire(positive),
    negative: negative && toWire(negative),
  });
}
