import { type EmbedInput, type EmbedResult, invalidArgument } from "@akidb/base";
import { ownTenant } from "../access/resources.ts";
import { defineOperation } from "../operation.ts";
import { inSpan } from "../telemetry/span.ts";

export const embed = defineOperation<EmbedInput, EmbedResult>({
  name: "embed",
  permission: "embedding::create",
  resource: ownTenant,
  underFilter: "unaffected",
  run: async (
    { embedding, defaultModel, limits, call, clock },
    { texts, model: name, dimension: wanted },
  ) => {
    const startMs = clock.monotonicMs();
    if (texts.length > limits.batchDocumentsMax) {
      const detail = `has ${texts.length} texts; one request holds at most ${limits.batchDocumentsMax}`;
      throw invalidArgument("texts", detail);
    }
    const model = embedding.model(name ?? defaultModel, wanted);
    const { vectors, totalTokens } = await inSpan(call.trace?.span, "embed", () =>
      model.embed(texts, { signal: call.deadline.signal }),
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
