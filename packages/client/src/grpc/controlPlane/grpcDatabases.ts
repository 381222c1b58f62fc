import type { DatabaseInfo, Databases, Page } from "@akidb/base";
import { definedFields } from "@akidb/protocol";
import type { Database } from "@akidb/protocol/grpc";
import { name, text } from "../fields.ts";
import type { GrpcCalls } from "../grpcCalls.ts";
import { nullAsEmpty, nullsOf } from "../messageFields.ts";
import { jobOf } from "./grpcJobs.ts";
import { pageOf } from "./grpcTenants.ts";

export const grpcDatabases = (calls: GrpcCalls): Databases => ({
  create: async (input, options) => {
    const database = await calls.send("databases", "createDatabase", {
      request: () => ({
        name: text("name", input.name),
        description: text("description", input.description ?? undefined),
      }),
      repeatable: false,
      options,
    });
    return databaseOf(database);
  },

  list: async (page, options) => {
    const { databases, nextCursor } = await calls.send("databases", "listDatabases", {
      request: () => pageOf(page),
      repeatable: true,
      options,
    });
    return definedFields<Page<DatabaseInfo>>({ items: databases.map(databaseOf), nextCursor });
  },

  get: async (nameOrId, options) => {
    const request = () => ({ database: name("database", nameOrId) });
    return databaseOf(await calls.send("databases", "getDatabase", { request, repeatable: true, options }));
  },

  update: async (nameOrId, changes, options) => {
    const database = await calls.send("databases", "updateDatabase", {
      request: () => ({
        database: name("database", nameOrId),
        name: text("name", changes.name),
        description: nullAsEmpty("description", changes.description, text),
      }),
      repeatable: false,
      options,
    });
    return databaseOf(database);
  },

  delete: async (nameOrId, options) => {
    const request = () => ({ database: name("database", nameOrId) });
    return jobOf(await calls.send("databases", "deleteDatabase", { request, repeatable: false, options }));
  },
});

const databaseOf = ({ databaseId: id, ...database }: Database): DatabaseInfo =>
  nullsOf<DatabaseInfo>({ id, ...database });
