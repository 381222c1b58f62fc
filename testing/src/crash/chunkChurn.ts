import type { AkiDb, SeededRandom } from "@akidb/base";
import { chunkedDocument, findChunks } from "./chunkedDocument.ts";
import { CrashModel } from "./crashModel.ts";

export interface ChunkCounts {
  /** Documents in chunks whose writing was acknowledged. */
  readonly chunked: number;
}

const name = "chunks";
const parents = Array.from({ length: 12 }, (_, n) => `p${n}`);

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
      return chunkedDocument(parent, generation, isNew);
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
      const found = await findChunks(collection, parent);
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
