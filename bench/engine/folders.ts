import { fileURLToPath } from "node:url";
import type { Dataset } from "./dataset.ts";

const here = fileURLToPath(new URL(".", import.meta.url));

/** What this benchmark keeps between runs; safe to delete. */
export const inBuild = (path: string): string => `${here}.build/${path}`;

/** The peers as npm gives them. */
export const npmFolder = here.replace(/\/$/, "");
/** The same, compiled for this machine. */
export const nativeFolder = inBuild("native");
export const dataFolder = inBuild("data");
export const indexFolder = inBuild("indexes");

export const repositoryFolder = fileURLToPath(new URL("../..", import.meta.url));
export const resultsFile = fileURLToPath(new URL("../results/engine.json", import.meta.url));
export const picturesFolder = fileURLToPath(new URL("../../docs/pictures/", import.meta.url));
export const documentFile = fileURLToPath(new URL("../../docs/engine.md", import.meta.url));

export const indexFile = (engine: string, data: Dataset, linksMax: number): string =>
  `${indexFolder}/${engine}-${data.key}-m${linksMax}`;
