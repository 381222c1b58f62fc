import { createDatabase } from "./createDatabase.ts";
import { deleteDatabase } from "./deleteDatabase.ts";
import { getDatabase } from "./getDatabase.ts";
import { listDatabases } from "./listDatabases.ts";
import { updateDatabase } from "./updateDatabase.ts";

export const databaseOperations = {
  createDatabase,
  listDatabases,
  getDatabase,
  updateDatabase,
  deleteDatabase,
} as const;
