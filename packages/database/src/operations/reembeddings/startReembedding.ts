import type { ReembeddingInfo, StartReembeddingInput } from "@akidb/base";
import { namedCollection } from "../../access/resources.ts";
import { embedOptions } from "../../embedOptions.ts";
import { modelByReference } from "../../models/modelByReference.ts";
import { defineOperation } from "../../operation.ts";
import type { CollectionReference } from "../getCollection.ts";

export const startReembedding = defineOperation<CollectionReference & StartReembeddingInput, ReembeddingInfo>(
  {
    name: "startReembedding",
    permission: "collection::update",
    resource: namedCollection,
    run: async (context, { collection, model: name, dimension }) => {
      const { collections, databaseId, embedding, models, reembeddings, call } = context;
      const record = collections.find(databaseId, collection);
      const model =
        name === undefined || dimension !== undefined
          ? await embedding.model(name, dimension, embedOptions(context))
          : await modelByReference(context, name);
      await models.register(model);
      return await reembeddings.start(record, model, call.deadline);
    },
  },
);
