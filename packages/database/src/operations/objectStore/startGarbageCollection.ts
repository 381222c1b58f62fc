import type { CollectGarbageInput, Job } from "@akidb/base";
import { theServer } from "../../access/resources.ts";
import { defineOperation } from "../../operation.ts";
import { garbageRequest } from "./garbageRequest.ts";

export const startGarbageCollection = defineOperation<CollectGarbageInput, Job>({
  name: "startGarbageCollection",
  permission: "server::admin",
  resource: theServer,
  run: async ({ garbage }, input) => garbage.start(garbageRequest(input)),
});
