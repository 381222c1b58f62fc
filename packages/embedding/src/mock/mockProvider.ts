import { SeededRandom } from "@akidb/base";
import { checkModel } from "../checkModel.ts";
import type { EmbeddingModel, EmbeddingProvider } from "../embeddingProvider.ts";
import { embedInSlices, type TextEmbedder } from "../embedInSlices.ts";
import { onThisThread } from "../onThisThread.ts";

const modelName = "mock";
const dimensionDefault = 16;
const algorithmVersion = 1;
const codeUnitsPerStep = 16_384;

/**
 * For tests: a text's vector is a random direction that the text seeds, so equal texts have equal vectors and all others
 * are unrelated. One model, `mock`, 16 dimensions or any other up to 4,096. Tokens are what white space separates.
 */
export function createMockProvider(): EmbeddingProvider {
  return {
    kind: "mock",
    modelNames: [modelName],
    async model(name = modelName, dimension = dimensionDefault): Promise<EmbeddingModel> {
      checkModel(modelName, { name, dimension });
      return {
        name,
        dimension,
        fingerprint: `${modelName}/${algorithmVersion}/${dimension}`,
        embed: (texts, options = {}) => embedInSlices(new MockEmbedder(dimension), texts, options),
      };
    },
    probe() {
      return this.model();
    },
    ...onThisThread,
  };
}

class MockEmbedder implements TextEmbedder {
  readonly dimension: number;
  #text = "";
  #position = 0;
  #hash = 0;
  #tokens = 0;
  #inToken = false;

  constructor(dimension: number) {
    this.dimension = dimension;
  }

  begin(text: string): void {
    this.#text = text;
    this.#position = 0;
    this.#hash = 0x811c9dc5;
    this.#tokens = 0;
    this.#inToken = false;
  }

  step(): boolean {
    const end = Math.min(this.#text.length, this.#position + codeUnitsPerStep);
    for (; this.#position < end; this.#position++) {
      const character = this.#text[this.#position]!;
      this.#hash = Math.imul(this.#hash ^ character.charCodeAt(0), 0x01000193);
      const inToken = character.trim() !== "";
      if (inToken && !this.#inToken) this.#tokens += 1;
      this.#inToken = inToken;
    }
    return end === this.#text.length;
  }

  finish(target: Float32Array): number {
    if (this.#tokens === 0) return 0;
    const random = new SeededRandom(this.#hash);
    let squares = 0;
    const components = Float64Array.from(target, () => {
      const component = 2 * random.nextFloat() - 1;
      squares += component * component;
      return component;
    });
    const length = Math.sqrt(squares);
    for (let i = 0; i < components.length; i++) target[i] = components[i]! / length;
    return this.#tokens;
  }
}
