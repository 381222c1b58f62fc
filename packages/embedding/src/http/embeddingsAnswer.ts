import { type AkiDbError, isPlainObject, unavailable } from "@akidb/base";
import { type AnsweredRow, answeredRow, unitVectors } from "../answeredRow.ts";
import type { Embeddings } from "../embeddingProvider.ts";

/**
 * Reads `{ data: [{ index, embedding }], usage }`, embeddings as numbers or as base64 of little-endian float32, in any
 * order, and brings each row to length 1.
 *
 * @param dimension that of the first row if absent
 * @throws AkiDbError `unavailable` where it is not one, does not speak of every text once, or has a row that is no direction
 */
export function embeddingsAnswer(
  body: string,
  textCount: number,
  dimension?: number,
): Embeddings & { readonly dimension: number } {
  const { data, totalTokens } = partsOf(body);
  if (data.length !== textCount) {
    throw misunderstood(`it has ${data.length} embeddings for ${textCount} texts`);
  }
  const rows = rowsOf(data);
  const width = dimension ?? rows[0]?.length ?? 0;
  const vectors = unitVectors(rows, width, misunderstood);
  return { vectors, totalTokens, dimension: width };
}

interface AnswerParts {
  readonly data: readonly unknown[];
  readonly totalTokens: number;
}

function partsOf(body: string): AnswerParts {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    throw misunderstood("it is not JSON");
  }
  const { data, usage } = (isPlainObject(parsed) ? parsed : {}) as Record<string, unknown>;
  if (!Array.isArray(data)) throw misunderstood("it has no data");
  return { data, totalTokens: tokensOf(usage) };
}

/** Some servers have one, some the other, some neither: a count that is not told is none. */
function tokensOf(usage: unknown): number {
  if (!isPlainObject(usage)) return 0;
  const { total_tokens: total, prompt_tokens: prompt } = usage as Record<string, unknown>;
  const told = [total, prompt].find((count) => Number.isSafeInteger(count) && (count as number) > 0);
  return (told as number | undefined) ?? 0;
}

/** By the order of the texts. */
function rowsOf(data: readonly unknown[]): readonly AnsweredRow[] {
  const rows: (AnsweredRow | undefined)[] = new Array(data.length).fill(undefined);
  for (const [position, item] of data.entries()) {
    const { index = position, embedding } = (isPlainObject(item) ? item : {}) as Record<string, unknown>;
    if (!Number.isInteger(index) || (index as number) < 0 || (index as number) >= data.length) {
      throw misunderstood(`item ${position} has no index of a text`);
    }
    if (rows[index as number] !== undefined) throw misunderstood(`text ${index} has two embeddings`);
    rows[index as number] = answeredRow(embedding, `item ${position}`, misunderstood);
  }
  // As many as there are texts, and none twice: none is missing.
  return rows as AnsweredRow[];
}

const misunderstood = (reason: string): AkiDbError =>
  unavailable(`the embedding server's answer cannot be used: ${reason}`);
