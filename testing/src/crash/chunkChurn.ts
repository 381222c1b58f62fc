import { type AkiDb, type Collection, isAkiDbError, type SeededRandom } from "@akidb/base";
import { CrashModel } from "./crashModel.ts";

export interface ChunkCounts {
  /** Documents in chunks whose writing was acknowledged. */
  readonly chunked: number;
}

const name = "chunks";
const parents = Array.from({ length: 12 }, (_, n) => `p${n}`);
const chunksMax = 9;

/** A sentence each, which fills a chunk. */
const sentenceOf = (parent: string, generation: number, index: number): string =>
  `Sentence ${index} of ${parent} has the generation ${generation}. `;

const chunkCount = (generation: number): number => 1 + (generation % chunksMax);

const textOf = (parent: string, generation: number): string =>
  Array.from({ length: chunkCount(generation) }, (_, index) => sentenceOf(parent, generation, index)).join(
    "",
  );

/**
 * Documents in chunks, replaced by ones of more or fewer chunks, and what was whole before, too: after a crash all chunks of a document are
 * of one generation, and there are no others.
 */
export class ChunkChurn {
  readonly counts = { chunked: 0 };
  readonly #model = new CrashModel();

  async begin(database: AkiDb): Promise<void> {
    await database.createCollection({ name, dimension: 32 });
  }

  async once(database: AkiDb, random: SeededRandom): Promise<void> {
    const collection = database.collection(name);
    const chosen = parents.filter(() => random.nextInt(4) === 0);
    const documents = chosen.map((parent) => {
      const generation = this.#model.nextGeneration();
      const isNew = !this.#model.entries().some(([known]) => known === parent);
      this.#model.attempt(parent, generation);
      const written = {
        externalId: parent,
        text: textOf(parent, generation),
        metadata: { generation },
      };
      // The first time whole: beside chunks it would stay.
      return isNew ? written : { ...written, chunking: { size: 60 } };
    });
    const { items } = await collection.upsert(documents);
    for (const [index, parent] of chosen.entries()) {
      if (!items[index]!.ok) throw new Error(`${parent} was refused: ${items[index]!.detail}`);
      this.#model.acknowledge(parent);
      this.counts.chunked += 1;
    }
  }

  /** @returns what is wrong; what is there now is what counts from here on */
  async verify(database: AkiDb): Promise<readonly string[]> {
    const collection = database.collection(name);
    const losses: string[] = [];
    let expectedCount = 0;
    for (const [parent, { generation, attempted }] of this.#model.entries()) {
      const found = await generationOf(collection, parent);
      if (typeof found === "string") losses.push(`${parent} ${found}`);
      else if (found.generation !== generation && found.generation !== attempted) {
        losses.push(`${parent}: generation ${found.generation} is there, not ${generation} or ${attempted}`);
      } else {
        this.#model.settle(parent, found.generation);
        expectedCount += found.documentCount;
      }
    }
    const count = await collection.count();
    if (losses.length === 0 && count !== expectedCount) {
      losses.push(`collection ${name} has ${count} documents instead of ${expectedCount}`);
    }
    return losses;
  }
}

interface Found {
  /** 0: there is nothing. */
  readonly generation: number;
  readonly documentCount: number;
}

async function generationOf(collection: Collection, parent: string): Promise<Found | string> {
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
