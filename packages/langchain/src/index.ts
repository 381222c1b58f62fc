export { AkiDbEmbeddings, type AkiDbEmbeddingsOptions } from "./akiDbEmbeddings.ts";
export { type AkiDbDeleteInput, AkiDbVectorStore, type AkiDbVectorStoreOptions } from "./akiDbVectorStore.ts";
