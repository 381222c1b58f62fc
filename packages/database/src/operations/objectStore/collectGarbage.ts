import type { CollectGarbageInput, GarbageReport } from "@akidb/base";
import { theServer } from "../../access/resources.ts";
import { defineOperation } from "../../operation.ts";
import { garbageRequest } from "./garbageRequest.ts";

/** Goes on, as a job, where its caller does not wait for the end. */
export const collectGarbage = defineOperation<CollectGarbageInput, GarbageReport>({
  name: "collectGarbage",
  permission: "server::admin",
  resource: theServer,
  run: async ({ garbage, call }, input) => await garbage.run(garbageRequest(input), call.deadline),
});
