export { AkiDbVector, type AkiDbVectorOptions } from "./akiDbVector.ts";
export type { AkiDbVectorFilter } from "./filterFromMastra.ts";
