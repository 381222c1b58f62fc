import { catalogLimits as max } from "./catalogLimits.ts";
import { checkName } from "./checkName.ts";
import type { DatabaseAttributes } from "./database.ts";
import { checkInteger, checkText, refuseBadFields } from "./fieldCheck.ts";

/** @throws `invalid_argument` that names every bad field */
export function checkDatabase(database: DatabaseAttributes): void {
  refuseBadFields([
    checkName("name", database.name),
    database.description === null
      ? undefined
      : checkText("description", database.description, max.descriptionCharactersMax),
    checkInteger("schema_version", database.schemaVersion, 1, Number.MAX_SAFE_INTEGER),
  ]);
}
