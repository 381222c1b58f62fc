import { AkiDbError, type DocumentInput, invalidArgument, invalidArguments, isAkiDbError } from "@akidb/base";
import type { CollectionRecord } from "@akidb/catalog";
import { type EmbeddingModel, refusedTexts } from "@akidb/embedding";
import { embedOptions } from "./embedOptions.ts";
import { collectionModel } from "./models/collectionModel.ts";
import { pinModel } from "./models/pinModel.ts";
import type { OperationContext } from "./operation.ts";

type Embedded = DocumentInput | AkiDbError;

/**
 * Gives every document that has a text and no vector the text's vector. A document that cannot be embedded becomes its
 * error, so that it fails by itself and not its whole batch.
 *
 * @throws AkiDbError where the provider fails as a whole
 */
export async function embedDocuments(
  context: OperationContext,
  record: CollectionRecord,
  documents: readonly DocumentInput[],
): Promise<readonly Embedded[]> {
  const embedded: Embedded[] = documents.map((document) => {
    if (typeof document !== "object" || document === null) return invalidArgument("", "must be an object");
    if (document.vector !== undefined || document.text !== undefined) return document;
    return invalidArgument("vector", `is missing: give ${record.dimension} numbers, or a text to embed`);
  });
  const positions = [...embedded.keys()].filter((position) => {
    const document = embedded[position];
    return !isAkiDbError(document) && document?.vector === undefined;
  });
  if (positions.length === 0) return embedded;
  const model = await openModel(context, record);
  if (model instanceof AkiDbError) {
    for (const position of positions) embedded[position] = model;
  } else {
    await embedAt(context, model, positions, embedded);
  }
  return embedded;
}

async function openModel(
  context: OperationContext,
  record: CollectionRecord,
): Promise<EmbeddingModel | AkiDbError> {
  try {
    const model = await collectionModel(context, record, embedOptions(context));
    if (record.modelFingerprint === null) await pinModel(context, record, model);
    return model;
  } catch (error) {
    // Of these documents alone; those that bring a vector are none of it.
    if (isAkiDbError(error) && error.code === "failed_precondition") return error;
    throw error;
  }
}

async function embedAt(
  context: OperationContext,
  model: EmbeddingModel,
  positions: readonly number[],
  embedded: Embedded[],
): Promise<void> {
  const texts: string[] = [];
  const embeddable: number[] = [];
  for (const position of positions) {
    const { text } = embedded[position] as DocumentInput;
    if (typeof text !== "string") {
      embedded[position] = invalidArgument("text", "must be a string");
      continue;
    }
    texts.push(text);
    embeddable.push(position);
  }
  if (texts.length === 0) return;
  try {
    const { vectors } = await model.embed(texts, embedOptions(context));
    for (const [index, position] of embeddable.entries()) {
      const vector = vectors.subarray(index * model.dimension, (index + 1) * model.dimension);
      embedded[position] = { ...(embedded[position] as DocumentInput), vector };
    }
  } catch (error) {
    const refused = isAkiDbError(error) ? refusedTexts(error) : undefined;
    if (refused === undefined) throw error;
    for (const [index, detail] of refused) {
      embedded[embeddable[index]!] = invalidArguments([{ path: "text", detail }]);
    }
    const rest = embeddable.filter((_, index) => !refused.has(index));
    await embedAt(context, model, rest, embedded);
  }
}
