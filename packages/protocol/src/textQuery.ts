import {
  fusionKinds,
  type HighlightInput,
  type HybridInput,
  limits,
  type QueryInput,
  type RerankInput,
} from "@akidb/base";
import Type, { type Static } from "typebox";
import { definedFields } from "./definedFields.ts";
import { stringEnum } from "./stringEnum.ts";

export const FullTextBody = Type.String({
  description:
    'Documents whose texts say these words, ranked by BM25: any of them, `"in this order"`, beginni*, `+must`, `-must_not`, ' +
    `AND, OR, NOT and parentheses. At most ${limits.fullTextCharactersMax} characters.`,
  examples: ["apple pie -cider"],
});

export const HybridBody = Type.Object(
  {
    text: Type.Optional(
      Type.String({
        description:
          "What to search the texts for, as in `full_text`. Default: the words of the query's `text`.",
      }),
    ),
    fusion: Type.Optional(
      stringEnum(fusionKinds, {
        description:
          "`rrf`: by ranks, 1 / (k + rank) from each list. `weighted`: by scores, each list's from 0 to 1. Default: rrf.",
      }),
    ),
    weight: Type.Optional(
      Type.Number({ description: "Of `weighted`: the share of the vectors, 0..1. Default: 0.5." }),
    ),
    k: Type.Optional(Type.Integer({ description: "Of `rrf`: 1..1,000. Default: 60." })),
  },
  {
    additionalProperties: false,
    description:
      "Beside a vector or what stands for one: documents that are near or say the words, in one ranking.",
  },
);

export const RerankBody = Type.Object(
  {
    provider: Type.Optional(
      Type.String({
        description: "The name that the server knows it by. Default: the one that is configured.",
      }),
    ),
    text: Type.Optional(
      Type.String({
        description: "What the texts are ranked by. Default: the query's `text` or `full_text`.",
      }),
    ),
    top_n: Type.Optional(
      Type.Integer({
        description:
          "Of the best found, how many are ranked; the others are left out, as are documents without a text. 1..1,000. " +
          "Default: the greater of 50 and what is asked for.",
      }),
    ),
  },
  { additionalProperties: false, description: "Ranks the best found anew, by a model." },
);

export const HighlightBody = Type.Object(
  {
    fragments: Type.Optional(Type.Integer({ description: "Of a text at most, 1..20. Default: 3." })),
    fragment_characters: Type.Optional(
      Type.Integer({ description: "Of a fragment, about, 20..2,000. Default: 160." }),
    ),
  },
  {
    additionalProperties: false,
    description: "With `full_text` or `hybrid`: the parts of each text that say what was sought.",
  },
);

type TextQuery = Pick<QueryInput, "fullText" | "hybrid" | "rerank" | "highlight">;

interface TextQueryBody {
  full_text?: string;
  hybrid?: Static<typeof HybridBody>;
  rerank?: Static<typeof RerankBody>;
  highlight?: boolean | Static<typeof HighlightBody>;
}

export const textQueryFromWire = ({ full_text, hybrid, rerank, highlight }: TextQueryBody): TextQuery =>
  definedFields<TextQuery>({
    fullText: full_text,
    hybrid: hybrid && definedFields<HybridInput>({ ...hybrid }),
    rerank:
      rerank &&
      definedFields<RerankInput>({ provider: rerank.provider, text: rerank.text, topN: rerank.top_n }),
    highlight: typeof highlight === "object" ? highlightFromWire(highlight) : highlight,
  });

const highlightFromWire = (body: Static<typeof HighlightBody>): HighlightInput =>
  definedFields<HighlightInput>({
    fragments: body.fragments,
    fragmentCharacters: body.fragment_characters,
  });

export const textQueryToWire = ({ fullText, hybrid, rerank, highlight }: TextQuery): TextQueryBody =>
  definedFields<TextQueryBody>({
    full_text: fullText,
    hybrid: hybrid && { ...hybrid },
    rerank:
      rerank &&
      definedFields<Static<typeof RerankBody>>({
        provider: rerank.provider,
        text: rerank.text,
        top_n: rerank.topN,
      }),
    highlight: typeof highlight === "object" ? highlightToWire(highlight) : highlight,
  });

const highlightToWire = (input: HighlightInput): Static<typeof HighlightBody> =>
  definedFields<Static<typeof HighlightBody>>({
    fragments: input.fragments,
    fragment_characters: input.fragmentCharacters,
  });
