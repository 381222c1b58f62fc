import { type EmbedInput, type EmbedResult, invalidArgument } from "@akidb/base";
import { ownTenant } from "../access/resources.ts";
import { embedOptions } from "../embedOptions.ts";
import { defineOperation } from "../operation.ts";
import { inSpan } from "../telemetry/span.ts";

export const embed = defineOperation<EmbedInput, EmbedResult>({
  name: "embed",
  permission: "embedding::create",
  resource: ownTenant,
  underFilter: "unaffected",
  run: async (context, { texts, model: name, dimension: wanted }) => {
    const { embedding, limits, call, clock } = context;
    const startMs = clock.monotonicMs();
    if (texts.length > limits.batchDocumentsMax) {
      const detail = `has ${texts.length} texts; one request holds at most ${limits.batchDocumentsMax}`;
      throw invalidArgument("texts", detail);
    }
    const options = embedOptions(context);
    const model = await embedding.model(name, wanted, options);
    const { vectors, totalTokens } = await inSpan(call.trace?.span, "embed", () =>
      model.embed(texts, options),
    );
    const { dimension } = model;
    return {
      embeddings: texts.map((_, index) => vectors.subarray(index * dimension, (index + 1) * dimension)),
      model: model.name,
      dimension,
      usage: { totalTokens, durationMs: clock.monotonicMs() - startMs },
    };
  },
});
