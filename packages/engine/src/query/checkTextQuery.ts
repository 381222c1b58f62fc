import { type FieldViolation, fusionKinds, invalidArguments, isPlainObject } from "@akidb/base";
import type { FullTextQuery } from "../fullText/fullTextQuery.ts";
import type { HighlightOptions } from "../fullText/highlightFragments.ts";
import { anyWordOf, parseFullText } from "../fullText/parseFullText.ts";
import type { Fusion } from "../reads/fuseRanked.ts";
import { checkWholeNumber } from "./checkQuery.ts";
import type { CollectionQuery, HybridSearch, Reranking } from "./collectionQuery.ts";

/** What of a query concerns texts, with nothing left to check. */
export interface CheckedTextQuery {
  /** Undefined where no texts are searched, or none of their words could be found. */
  readonly sought: FullTextQuery | undefined;
  /** Undefined unless vectors are searched, too. */
  readonly fusion: Fusion | undefined;
  readonly highlight: HighlightOptions | undefined;
  readonly rerank: Reranking | undefined;
}

export const concernsTexts = ({ fullText, hybrid, rerank, highlight }: CollectionQuery): boolean =>
  fullText !== undefined || hybrid !== undefined || rerank !== undefined || highlight !== undefined;

/** @throws AkiDbError `invalid_argument` that names everything that is wrong; a text's mistakes by themselves */
export function checkTextQuery(query: CollectionQuery): CheckedTextQuery {
  const violations: FieldViolation[] = [];
  const { fullText, hybrid, rerank } = query;
  if (fullText !== undefined && hybrid !== undefined) {
    violations.push({ path: "hybrid", detail: "needs a vector, or what stands for one, beside it" });
  }
  const fusion = hybrid && checkFusion(hybrid, violations);
  const highlight = checkHighlight(query, violations);
  if (rerank !== undefined) checkWholeNumber("rerank.top_n", rerank.topN, 1, rerankedMax, violations);
  if (violations.length > 0) throw invalidArguments(violations);
  return { sought: soughtBy(query), fusion, highlight, rerank };
}

const rerankedMax = 1_000;

function soughtBy({ fullText, hybrid }: CollectionQuery): FullTextQuery | undefined {
  if (fullText !== undefined) return parseFullText(fullText);
  if (hybrid === undefined) return undefined;
  const { text, path, isPlain } = hybrid;
  return isPlain ? anyWordOf(text, path) : parseFullText(text, path);
}

function checkFusion(
  { fusion = "rrf", weight, k }: HybridSearch,
  violations: FieldViolation[],
): Fusion | undefined {
  if (!fusionKinds.includes(fusion)) {
    violations.push({ path: "hybrid.fusion", detail: `must be one of ${fusionKinds.join(", ")}` });
    return undefined;
  }
  if (fusion === "rrf") {
    if (weight !== undefined) {
      violations.push({ path: "hybrid.weight", detail: "means nothing where hybrid.fusion is rrf" });
    }
    if (k !== undefined) checkWholeNumber("hybrid.k", k, 1, 1_000, violations);
    return { kind: "rrf", k: k ?? 60 };
  }
  if (k !== undefined) {
    violations.push({ path: "hybrid.k", detail: "means nothing where hybrid.fusion is weighted" });
  }
  if (weight !== undefined && !(typeof weight === "number" && weight >= 0 && weight <= 1)) {
    violations.push({ path: "hybrid.weight", detail: "must be a number from 0 to 1" });
  }
  return { kind: "weighted", weight: weight ?? 0.5 };
}

function checkHighlight(
  { highlight = false, fullText, hybrid }: CollectionQuery,
  violations: FieldViolation[],
): HighlightOptions | undefined {
  if (highlight === false) return undefined;
  if (fullText === undefined && hybrid === undefined) {
    violations.push({ path: "highlight", detail: "needs full_text or hybrid: a vector has no words" });
  }
  if (highlight !== true && !isPlainObject(highlight)) {
    violations.push({ path: "highlight", detail: "must be true, false or an object" });
    return undefined;
  }
  const { fragments = 3, fragmentCharacters = 160 } = highlight === true ? {} : highlight;
  checkWholeNumber("highlight.fragments", fragments, 1, 20, violations);
  checkWholeNumber("highlight.fragment_characters", fragmentCharacters, 20, 2_000, violations);
  return { fragments: fragments as number, fragmentCharacters: fragmentCharacters as number };
}
