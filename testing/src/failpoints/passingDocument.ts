import { goldenDimension } from "../golden/goldenData.ts";

export const migratedCollections = ["flat", "graph"] as const;

/** Comes and goes with each process; where one is killed in between, it stays for whoever is next. */
export const passingDocument = { externalId: "passing", vector: new Float32Array(goldenDimension).fill(1) };
