import type { AkiDb, JsonObject } from "@akidb/base";
import type { DocumentationPage } from "../files.ts";
import { markdownPassages, type Passage } from "./markdownPassages.ts";

export interface Answer {
  readonly passage: Passage;
  readonly score: number;
}

export interface DocumentationIndex {
  readonly passageCount: number;
  /** The best passages first. */
  ask(question: string): Promise<readonly Answer[]>;
}

const answersMax = 3;
const collectionName = "documentation";

interface PassageMetadata extends JsonObject {
  readonly passage: number;
}

/** Embeds every passage together with the headings above it, which often hold the very word that is asked for. */
export async function indexDocumentation(
  db: AkiDb,
  pages: readonly DocumentationPage[],
): Promise<DocumentationIndex> {
  const passages = pages.flatMap(markdownPassages);
  await db.createCollection({ name: collectionName });
  const collection = db.collection<PassageMetadata>(collectionName);
  const documents = passages.map(({ headings, text }, passage) => ({
    text: `${headings.join(". ")}\n${text}`,
    metadata: { passage },
  }));
  if (documents.length > 0) await collection.upsert(documents);
  return {
    passageCount: passages.length,
    ask: async (question) => {
      const { matches } = await collection.query({ text: question, topK: answersMax });
      return matches.flatMap(({ score, metadata }) => {
        const passage = passages[metadata?.passage ?? -1];
        return passage === undefined ? [] : [{ passage, score }];
      });
    },
  };
}
