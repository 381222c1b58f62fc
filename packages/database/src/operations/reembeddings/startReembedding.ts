import type { ReembeddingInfo, StartReembeddingInput } from "@akidb/base";
import { namedCollection } from "../../access/resources.ts";
import { embedOptions } from "../../embedOptions.ts";
import { defineOperation } from "../../operation.ts";
import type { CollectionReference } from "../getCollection.ts";

export const startReembedding = defineOperation<CollectionReference & StartReembeddingInput, ReembeddingInfo>(
  {
    name: "startReembedding",
    permission: "collection::update",
    resource: namedCollection,
    run: async (context, { collection, model: name, dimension }) => {
      const { collections, databaseId, embedding, defaultModel, models, reembeddings, call } = context;
      const record = collections.find(databaseId, collection);
      const model = await embedding.model(name ?? defaultModel, dimension, embedOptions(context));
      await models.register(model);
      return await reembeddings.start(record, model, call.deadline);
    },
  },
);
