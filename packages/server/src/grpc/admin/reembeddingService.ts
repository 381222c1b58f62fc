import type { EmbeddedWith, ReembeddingInfo } from "@akidb/base";
import { type CollectionReference, type Operation, operations } from "@akidb/database";
import { definedFields } from "@akidb/protocol";
import type {
  EmbeddedWith as EmbeddedWithMessage,
  Reembedding,
  ReembeddingServiceDefinition,
} from "@akidb/protocol/grpc";
import { type CallSession, runOperation } from "../callSession.ts";
import { nullsAbsent } from "../nullsAbsent.ts";
import type { ServiceHandles } from "../service.ts";

export const reembeddingService: ServiceHandles<typeof ReembeddingServiceDefinition> = {
  startReembedding: async ({ collection, ...request }, session) => {
    const input = { collection, ...definedFields<{ model?: string; dimension?: number }>(request) };
    return reembeddingMessage(await runOperation(operations.startReembedding, input, session));
  },
  getReembedding: answering(operations.getReembedding),
  pauseReembedding: answering(operations.pauseReembedding),
  resumeReembedding: answering(operations.resumeReembedding),
  cancelReembedding: answering(operations.cancelReembedding),
  rollBackReembedding: answering(operations.rollBackReembedding),
};

function answering(operation: Operation<CollectionReference, ReembeddingInfo>) {
  return async ({ collection }: CollectionReference, session: CallSession): Promise<Reembedding> =>
    reembeddingMessage(await runOperation(operation, { collection }, session));
}

const reembeddingMessage = ({ id, from, to, ...info }: ReembeddingInfo): Reembedding => ({
  ...nullsAbsent(info),
  reembeddingId: id,
  from: embeddedWithMessage(from),
  to: embeddedWithMessage(to),
});

const embeddedWithMessage = (embedded: EmbeddedWith): EmbeddedWithMessage => nullsAbsent(embedded);
