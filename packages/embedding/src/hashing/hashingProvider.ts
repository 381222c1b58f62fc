import { checkModel } from "../checkModel.ts";
import type { EmbeddingModel, EmbeddingProvider } from "../embeddingProvider.ts";
import { embedInSlices } from "../embedInSlices.ts";
import { onThisThread } from "../onThisThread.ts";
import { FeatureTable } from "./featureTable.ts";
import { HashingEmbedder } from "./hashingEmbedder.ts";

const modelName = "hashing";
const dimensionDefault = 384;
/** Raise it with every change that gives any text another vector, and write the golden vectors anew. */
const algorithmVersion = 1;

/**
 * The built-in model: it needs no download, no network and no training, and it is **lexical**. It matches words and
 * spellings, not meanings: "running" is near "runner" and "colour" near "color", but "car" is no nearer to "automobile"
 * than to "carpet". Case, compatibility forms (full width, ligatures) and punctuation do not count; short words count
 * little. It reads every script, those without spaces between words by characters and their pairs.
 *
 * One model, `hashing`, 384 dimensions or any other from 16 to 4,096; more of them blur less. A text must have a letter,
 * a digit or a pictograph. Tokens are words, and single characters of Han, kana, Hangul and pictographs.
 *
 * Vectors are the same, bit for bit, on every platform, for the characters its Unicode tables know: a character assigned
 * later reads as a separator until the runtime has learned it.
 */
export function createHashingProvider(): EmbeddingProvider {
  /** Between calls; a call that fails half-way does not bring it back. */
  let idleTable: FeatureTable | undefined;
  return {
    kind: "hashing",
    modelNames: [modelName],
    async model(name = modelName, dimension = dimensionDefault): Promise<EmbeddingModel> {
      checkModel(modelName, { name, dimension });
      return {
        name,
        dimension,
        fingerprint: `${modelName}/${algorithmVersion}/${dimension}`,
        async embed(texts, options = {}) {
          const table = idleTable ?? new FeatureTable();
          idleTable = undefined;
          const embeddings = await embedInSlices(new HashingEmbedder(table, dimension), texts, options);
          idleTable = table;
          return embeddings;
        },
      };
    },
    probe() {
      return this.model();
    },
    ...onThisThread,
  };
}
