import type { Include } from "@akidb/base";
import { severalOf } from "./parseOption.ts";

const parts = ["metadata", "text", "vector"] as const satisfies readonly Include[];

export const parseInclude = severalOf<Include>("--include", parts);

export const includeHelp = `parts of each document, of ${parts.join(",")}`;
