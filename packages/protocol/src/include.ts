import type { Include } from "@akidb/base";
import Type from "typebox";
import { stringEnum } from "./stringEnum.ts";

const parts: readonly Include[] = ["metadata", "text", "vector"];

/** @param defaults what comes when the request does not say */
export const includeSchema = (defaults: readonly Include[]) =>
  Type.Array(stringEnum(parts), {
    description: `Which parts of a document come back. Default: ${defaults.join(", ")}.`,
    examples: [["metadata", "text"]],
  });
