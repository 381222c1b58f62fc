import { type Collection, isAkiDbError } from "@akidb/base";

const chunksMax = 9;

/** A sentence each, which fills a chunk. */
const sentenceOf = (parent: string, generation: number, index: number): string =>
  `Sentence ${index} of ${parent} has the generation ${generation}. `;

const chunkCount = (generation: number): number => 1 + (generation % chunksMax);

const textOf = (parent: string, generation: number): string =>
  Array.from({ length: chunkCount(generation) }, (_, index) => sentenceOf(parent, generation, index)).join(
    "",
  );

/** @param isWhole the first time: beside chunks it would stay */
export function chunkedDocument(parent: string, generation: number, isWhole: boolean) {
  const written = { externalId: parent, text: textOf(parent, generation), metadata: { generation } };
  return isWhole ? written : { ...written, chunking: { size: 60 } };
}

export interface FoundChunks {
  /** 0: there is nothing. */
  readonly generation: number;
  readonly documentCount: number;
}

/** @returns what is wrong, in words, where a document is not there whole, in all of its chunks, or not at all */
export async function findChunks(collection: Collection, parent: string): Promise<FoundChunks | string> {
  const whole = await find(collection, parent);
  const chunks = [];
  for (let index = 0; index < chunksMax; index++) chunks.push(await find(collection, `${parent}#${index}`));
  const there = chunks.filter((chunk) => chunk !== undefined);
  if (whole !== undefined) {
    if (there.length > 0) return "is there whole and in chunks";
    const generation = Number(whole.metadata?.["generation"]);
    return whole.text === textOf(parent, generation)
      ? { generation, documentCount: 1 }
      : "has not the text of its generation";
  }
  const [first] = there;
  if (first === undefined) return { generation: 0, documentCount: 0 };
  const generation = Number(first.metadata?.["generation"]);
  const areOne = chunks.every((chunk, index) => {
    if (index >= chunkCount(generation)) return chunk === undefined;
    return chunk?.text === sentenceOf(parent, generation, index);
  });
  return areOne ? { generation, documentCount: there.length } : "mixes chunks of several generations";
}

async function find(collection: Collection, id: string) {
  try {
    return await collection.get(id, { include: ["metadata", "text"] });
  } catch (error) {
    if (isAkiDbError(error) && error.code === "not_found") return undefined;
    throw error;
  }
}
