import type { CreateDatabaseInput, DatabaseInfo, PageRequest, UpdateDatabaseInput } from "@akidb/base";
import { operations } from "@akidb/database";
import { definedFields } from "@akidb/protocol";
import type { DatabaseServiceDefinition, Database as Message } from "@akidb/protocol/grpc";
import { runOperation } from "../callSession.ts";
import { emptyIsNull, nullsAbsent } from "../nullsAbsent.ts";
import type { ServiceHandles } from "../service.ts";
import { jobMessage } from "./jobMessage.ts";

export const databaseService: ServiceHandles<typeof DatabaseServiceDefinition> = {
  createDatabase: async (request, session) => {
    const input = definedFields<CreateDatabaseInput>(request);
    return databaseMessage(await runOperation(operations.createDatabase, input, session));
  },
  listDatabases: async (page, session) => {
    const input = definedFields<PageRequest>(page);
    const { items, nextCursor } = await runOperation(operations.listDatabases, input, session);
    return { databases: items.map(databaseMessage), nextCursor };
  },
  getDatabase: async (reference, session) =>
    databaseMessage(await runOperation(operations.getDatabase, reference, session)),
  updateDatabase: async ({ database, name, description }, session) => {
    const changes = definedFields<UpdateDatabaseInput>({ name, description: emptyIsNull(description) });
    return databaseMessage(await runOperation(operations.updateDatabase, { ...changes, database }, session));
  },
  deleteDatabase: async (reference, session) =>
    jobMessage(await runOperation(operations.deleteDatabase, reference, session)),
};

const databaseMessage = ({ id, ...info }: DatabaseInfo): Message => ({
  ...nullsAbsent(info),
  databaseId: id,
});
