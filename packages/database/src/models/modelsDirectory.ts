import { join } from "node:path";

/** The part of a data directory that is no data, but fetched: whoever has it before there are any keeps it. */
export const modelsName = "models";

/** Where models are if nothing else is said. */
export const modelsDirectory = (dataDirectory: string): string => join(dataDirectory, modelsName);
