import { AkiDbError, type Document, type DocumentInput } from "@akidb/base";
import type { OfflineDirectory } from "@akidb/database";
import type { SourceFiles } from "../adapters/sourceFiles.ts";
import type { PlannedCollection } from "../plan/migrationPlan.ts";
import { type PlacedDocument, v1Documents } from "../source/v1Documents.ts";
import { canonicalJson, type Findings } from "./findings.ts";

export interface DocumentComparison {
  readonly files: SourceFiles;
  readonly offline: OfflineDirectory;
  readonly findings: Findings;
  readonly onProgress: (bytesRead: number, documentCount: number) => void;
}

/** Compares every document of a collection with that of 1.x, and their number. @returns how many 1.x has */
export async function compareDocuments(
  { source, record }: PlannedCollection,
  { files, offline, findings, onProgress }: DocumentComparison,
): Promise<number> {
  const opened = await offline.open(await offline.catalog.collections.get(record.id));
  const { collection } = opened;

  function compare({ place, document: expected }: PlacedDocument): void {
    if (expected instanceof AkiDbError) {
      findings.add(place, expected.message);
      return;
    }
    const key = expected.id ?? expected.externalId!;
    const found = collection.get(key, ["vector", "metadata", "text"]);
    if (found === undefined) findings.add(place, `document ${JSON.stringify(key)} is not in v2`);
    else compareDocument(place, { found, expected, findings });
  }

  let count = 0;
  try {
    for await (const { documents, bytesRead } of v1Documents(files, source)) {
      for (const placed of documents) compare(placed);
      count += documents.length;
      onProgress(bytesRead, count);
    }
    findings.documentCount += count;
    findings.compare(source.file, { "number of documents": [collection.stats().documentCount, count] });
  } finally {
    await opened.close();
  }
  return count;
}

function compareDocument(
  place: string,
  {
    found,
    expected,
    findings,
  }: { readonly found: Document; readonly expected: DocumentInput; readonly findings: Findings },
): void {
  const { vector = [] } = found;
  const wanted = Float32Array.from(expected.vector ?? []);
  if (vector.length !== wanted.length || wanted.some((component, index) => component !== vector[index])) {
    findings.add(place, "the vector differs in v2");
  }
  if (canonicalJson(found.metadata ?? {}) !== canonicalJson(expected.metadata ?? {})) {
    findings.add(place, "the metadata differ in v2");
  }
  if (found.externalId !== expected.externalId) {
    findings.compare(place, { external_id: [found.externalId, expected.externalId] });
  }
}
