export { AkiDbEmbedding, type AkiDbEmbeddingOptions } from "./akiDbEmbedding.ts";
export { AkiDbVectorStore, type AkiDbVectorStoreOptions } from "./akiDbVectorStore.ts";
