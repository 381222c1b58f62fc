/**
 * Text to vectors, behind one contract: `hashing`, built in and lexical (it matches words and spellings, not meanings),
 * `onnx`, models of local folders in a process of their own, `subprocess`, a program, `http`, any server that speaks the embeddings API of OpenAI, and `mock`, for tests.
 *
 * @packageDocumentation
 */
export {
  createEmbeddingProvider,
  createHttpProvider,
  createOnnxProvider,
  createSubprocessProvider,
  type ProviderParts,
  type ServerOptions,
} from "./createEmbeddingProvider.ts";
export {
  type EmbeddingModel,
  type EmbeddingProvider,
  type EmbeddingProviderKind,
  type EmbeddingState,
  type Embeddings,
  type EmbedOptions,
  embeddingProviderKinds,
  type InputType,
} from "./embeddingProvider.ts";
export { createHashingProvider } from "./hashing/hashingProvider.ts";
export { createMockProvider } from "./mock/mockProvider.ts";
export { isModelName, modelFiles, type NeededFiles, neededFiles } from "./onnx/modelFiles.ts";
export { QueuedProvider, type QueuedProviderOptions } from "./queue/queuedProvider.ts";
export { refusedTexts } from "./refusedTexts.ts";
