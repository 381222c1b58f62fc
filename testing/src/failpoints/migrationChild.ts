/**
 * The process that is killed while it takes the data of an older version over: it opens them, completes their full texts,
 * and writes, so that their checkpoints are written anew. Arguments: the data directory.
 */
import { open } from "@akidb/database";
import { goldenOptions } from "../golden/goldenData.ts";
import { openJournal } from "./journal.ts";
import { type FailpointSettings, failpointVariable } from "./killPoint.ts";
import { migratedCollections, passingDocument } from "./passingDocument.ts";

const [directory] = process.argv.slice(2);
const { journal: path }: FailpointSettings = JSON.parse(process.env[failpointVariable]!);
const journal = openJournal(path);
try {
  const db = await open({ path: directory!, ...goldenOptions });
  for (const name of migratedCollections) {
    const collection = db.collection(name);
    await collection.query({ fullText: "täxt", topK: 1 });
    await collection.upsert([passingDocument]);
    await collection.delete(passingDocument.externalId);
  }
  await db.close();
  journal({ kind: "end" });
} catch (error) {
  journal({ kind: "error", message: (error as Error).stack ?? String(error) });
  process.exitCode = 1;
}
