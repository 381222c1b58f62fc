import type { CollectionInfo } from "@akidb/base";
import { CollectionResource, collectionFromWire } from "@akidb/protocol";
import type { CollectionInfo as CollectionMessage } from "@akidb/protocol/grpc";
import { readAnswer } from "../readAnswer.ts";

/** The message's own fields are for those who know no more; its details are all of it. */
export const collectionInfoOf = (message: Pick<CollectionMessage, "details"> | undefined): CollectionInfo =>
  readAnswer(CollectionResource, collectionFromWire, message?.details);
