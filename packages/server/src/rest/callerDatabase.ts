import type { CallOptions } from "@akidb/base";
import { type Operation, operations } from "@akidb/database";
import type { McpDatabase } from "@akidb/mcp";
import { type Run, runOperation } from "./operationRoute.ts";

/** The database as whoever sent a request may use it: the same operations, decided about one by one. */
export function callerDatabase(run: Run): McpDatabase {
  const execute = <Input, Output>(
    operation: Operation<Input, Output>,
    input: Input,
    { signal }: CallOptions = {},
  ): Promise<Output> =>
    runOperation(operation, input, {
      ...run,
      ...(signal !== undefined && { signal: AbortSignal.any([run.signal, signal]) }),
    });
  return {
    permitted: async (options) => (await execute(operations.permissions, {}, options)).operations,
    listCollections: (page, options) => execute(operations.listCollections, page, options),
    getCollection: (collection, options) => execute(operations.getCollection, { collection }, options),
    createCollection: (input, options) => execute(operations.createCollection, input, options),
    collection: (collection) => ({
      // Metadata is what the caller put in; the type says what that was.
      query: (input, options) => execute(operations.query, { ...input, collection }, options) as never,
      get: (id, { include, ...options } = {}) =>
        execute(
          operations.getDocument,
          { collection, id, ...(include !== undefined && { include }) },
          options,
        ) as never,
      upsert: (documents, { atomic = false, ...options } = {}) =>
        execute(operations.upsertDocuments, { collection, documents, atomic }, options),
      deleteMany: (input, options) => execute(operations.deleteDocuments, { ...input, collection }, options),
    }),
  };
}
