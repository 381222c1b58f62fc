import {
  AkiDbError,
  type DocumentInput,
  type IdGenerator,
  invalidArgument,
  isPlainObject,
  type JsonObject,
} from "@akidb/base";
import { type CheckedDocument, checkDocument, type DocumentRules } from "./checkedDocument.ts";
import { decodeMetadata } from "./metadata.ts";
import type { ResolvedDocument } from "./mutation.ts";

/** A document that is written as several, in place of all that it was before: all of them or none. */
export class ChunkedDocument {
  /** All but its text and its vector; every chunk has its metadata and its expiry. */
  readonly document: DocumentInput;
  /** At least one. */
  readonly chunks: readonly DocumentChunk[];

  constructor(document: DocumentInput, chunks: readonly DocumentChunk[]) {
    this.document = document;
    this.chunks = chunks;
  }
}

export interface DocumentChunk {
  readonly text: string;
  readonly vector: Float32Array;
  /** Where it begins in the document's text, in UTF-16 code units. */
  readonly start: number;
}

/** Found valid one by one, each with the name that follows from the document's. */
export interface CheckedChunks {
  /** What the chunks are named after: the document's external id, its id, or one that was made. */
  readonly parent: string;
  readonly documents: readonly CheckedDocument[];
}

export const chunkExternalId = (parent: string, index: number): string => `${parent}#${index}`;

/** Every bad field is named, with its path within the document. The first chunk has the document's id and `ifVersion`. */
export function checkChunks(
  { document: { id, ifVersion, ...document }, chunks }: ChunkedDocument,
  rules: DocumentRules & { readonly ids: IdGenerator },
): CheckedChunks | AkiDbError {
  const { start: _, ...first } = chunks[0]!;
  const whole = checkDocument(
    { ...document, ...first, ...(id !== undefined && { id }), ...(ifVersion !== undefined && { ifVersion }) },
    rules,
  );
  if (whole instanceof AkiDbError) return whole;
  if (document.metadata !== undefined && "chunk" in document.metadata) {
    return invalidArgument("metadata.chunk", "is where chunks have their place; call it something else");
  }
  const firstId = whole.id ?? (whole.externalId === undefined ? rules.ids.next<"document">() : undefined);
  const parent = whole.externalId ?? firstId!;
  const documents: CheckedDocument[] = [];
  for (const [index, { text, vector, start }] of chunks.entries()) {
    const place = { parent, index, count: chunks.length, start };
    const externalId = chunkExternalId(parent, index);
    const metadata: JsonObject = { ...document.metadata, chunk: place };
    const checked = checkDocument({ ...document, externalId, text, vector, metadata }, rules);
    if (checked instanceof AkiDbError) return checked;
    documents.push(index === 0 ? { ...checked, id: firstId, ifVersion: whole.ifVersion } : checked);
  }
  return { parent, documents };
}

/** How many chunks there were when this one of the parent's was written; undefined where it is none. */
export function chunkCountOf({ metadata }: ResolvedDocument, parent: string): number | undefined {
  const place = metadata === undefined ? undefined : decodeMetadata(metadata)["chunk"];
  if (!isPlainObject(place)) return undefined;
  const { parent: found, count } = place as { readonly parent?: unknown; readonly count?: unknown };
  return found === parent && Number.isSafeInteger(count) ? (count as number) : undefined;
}
