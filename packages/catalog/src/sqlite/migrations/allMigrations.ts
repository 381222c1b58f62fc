import type { Migration } from "../migration.ts";
import { hierarchy } from "./0001hierarchy.ts";
import { rowChecksums } from "./0002rowChecksums.ts";
import { textLanguage } from "./0003textLanguage.ts";
import { accessControl } from "./0004accessControl.ts";
import { moreTextLanguages } from "./0005moreTextLanguages.ts";
import { modelRegistry } from "./0006modelRegistry.ts";
import { reembeddings } from "./0007reembeddings.ts";

/** Oldest first. */
export const allMigrations: readonly Migration[] = [
  hierarchy,
  rowChecksums,
  textLanguage,
  accessControl,
  moreTextLanguages,
  modelRegistry,
  reembeddings,
];
