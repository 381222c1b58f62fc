import type { Deadline } from "@akidb/base";
import { decodeMetadata } from "../collection/metadata.ts";
import { elementsOf, type FieldPath, valuesAt } from "../filter/fieldPath.ts";
import type { Scalar } from "../filter/filter.ts";
import { isScalar } from "../filter/scalar.ts";
import { type FieldParts, indexedCharactersMax } from "../payload/fieldIndex.ts";
import type { KeywordIndex } from "../payload/keywordIndex.ts";
import type { PayloadIndex } from "../payload/payloadIndex.ts";
import type { PostingList } from "../payload/postingList.ts";
import {
  countRows,
  emptyRowBitset,
  hasRow,
  intersectRows,
  type RowBitset,
  rowsIn,
} from "../payload/rowBitset.ts";
import type { SortedRuns } from "../payload/sortedRuns.ts";
import { countOf } from "../payload/textRows.ts";
import { Turns } from "./turns.ts";
import { ValueCounts } from "./valueCounts.ts";

/** Reading a document and finding its values takes as long as looking at so many entries of an index. */
const entriesPerDocument = 1_000;

const documentsPerSlice = 100;
/** Of numbers, which may all be different. */
const numbersPerSlice = 16_384;
/** Of lists of rows, and of words of bitsets. */
const wordsPerSlice = 200_000;

export interface ValueCountRequest {
  readonly index: PayloadIndex;
  readonly path: FieldPath;
  /** Of the documents that are looked at: they are in the index. */
  readonly rows: RowBitset;
  /** As JSON. */
  readonly metadataAt: (row: number) => string | undefined;
  readonly deadline: Deadline;
}

/**
 * How many documents have each scalar at a path, elements of arrays among them: from the index, where it has the values;
 * what it does not tell is read from the documents.
 *
 * @throws what the deadline throws; AkiDbError where a document cannot be read, or there are too many values to count
 */
export async function countValues(request: ValueCountRequest): Promise<ValueCounts> {
  const { index, path, rows, deadline } = request;
  const counts = new ValueCounts();
  const field = index.field(path);
  if (field === undefined && !index.isFull) return counts;
  if (field === undefined || countRows(rows) * entriesPerDocument < entryCount(field.parts)) {
    return await countValuesOfDocuments(request);
  }
  await countInIndex(field.parts, { rows, counts, deadline });
  const unindexed = rowsWithUnindexedTexts(field.parts, rows);
  const isWanted = field.isHashed ? isText : isLongText;
  if (unindexed !== undefined) await countInDocuments(request, { rows: unindexed, counts, isWanted });
  return counts;
}

/**
 * The same from the documents alone, whatever becomes of the index meanwhile.
 *
 * @throws as {@link countValues}
 */
export async function countValuesOfDocuments(request: ValueCountRequest): Promise<ValueCounts> {
  const counts = new ValueCounts();
  await countInDocuments(request, { rows: request.rows, counts, isWanted: () => true });
  return counts;
}

const entryCount = ({ keywords, numbers }: FieldParts): number =>
  (keywords?.dictionary?.size ?? 0) + (numbers?.count ?? 0);

interface IndexCount {
  readonly rows: RowBitset;
  readonly counts: ValueCounts;
  readonly deadline: Deadline;
}

async function countInIndex(
  { nulls, trues, falses, keywords, numbers }: FieldParts,
  count: IndexCount,
): Promise<void> {
  const { rows, counts } = count;
  for (const [value, postings] of [
    [null, nulls],
    [true, trues],
    [false, falses],
  ] as const) {
    counts.add(value, postings.countIn(rows));
  }
  if (numbers !== undefined) await countNumbers(numbers, count);
  if (keywords?.dictionary !== undefined) await countTexts(keywords.dictionary, count);
}

async function countNumbers(numbers: SortedRuns, { rows, counts, deadline }: IndexCount): Promise<void> {
  const turns = new Turns(numbersPerSlice, deadline);
  for (const { keys, rows: entryRows, removed } of numbers.entries()) {
    // Most of them are sorted: equal ones follow each other.
    let equalCount = 0;
    for (let entry = 0; entry < keys.length; entry++) {
      const isThere = removed === undefined || !hasRow(removed, entry);
      if (isThere && hasRow(rows, entryRows[entry]!)) equalCount += 1;
      if (keys[entry + 1] !== keys[entry]) {
        counts.add(keys[entry]!, equalCount);
        equalCount = 0;
      }
      if (turns.isDue()) await turns.next();
    }
  }
}

async function countTexts(
  dictionary: NonNullable<KeywordIndex["dictionary"]>,
  { rows, counts, deadline }: IndexCount,
): Promise<void> {
  const turns = new Turns(wordsPerSlice, deadline);
  for (const [text, postings] of dictionary) {
    counts.add(text, typeof postings === "number" ? Number(hasRow(rows, postings)) : postings.countIn(rows));
    if (turns.isDue(64 + Math.min(countOf(postings), rows.length))) await turns.next();
  }
}

/** Of the rows given; undefined where every text is in the dictionary. */
function rowsWithUnindexedTexts(
  { keywords, strings, longTexts }: FieldParts,
  rows: RowBitset,
): RowBitset | undefined {
  const postings: PostingList | undefined = keywords?.isHashed ? strings : longTexts;
  if (postings === undefined || postings.count === 0) return undefined;
  const found = emptyRowBitset(32 * rows.length);
  postings.addTo(found);
  intersectRows(found, rows);
  return found;
}

interface DocumentCount {
  readonly rows: RowBitset;
  readonly counts: ValueCounts;
  readonly isWanted: (value: Scalar) => boolean;
}

async function countInDocuments(
  { path, metadataAt, deadline }: ValueCountRequest,
  { rows, counts, isWanted }: DocumentCount,
): Promise<void> {
  const turns = new Turns(documentsPerSlice, deadline);
  for (const row of rowsIn(rows)) {
    const metadata = metadataAt(row);
    const values = metadata === undefined ? [] : elementsOf(valuesAt(decodeMetadata(metadata), path));
    const scalars = new Set(values.filter(isScalar).map((value) => (value === 0 ? 0 : value)));
    for (const value of scalars) if (isWanted(value)) counts.add(value, 1);
    if (turns.isDue()) await turns.next();
  }
}

const isText = (value: Scalar): boolean => typeof value === "string";
const isLongText = (value: Scalar): boolean =>
  typeof value === "string" && value.length > indexedCharactersMax;
