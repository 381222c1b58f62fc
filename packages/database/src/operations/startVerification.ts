import type { Verification } from "@akidb/base";
import { theServer } from "../access/resources.ts";
import { defineOperation } from "../operation.ts";

export const startVerification = defineOperation<Record<never, never>, Verification>({
  name: "startVerification",
  permission: "server::admin",
  resource: theServer,
  run: async ({ verifications }) => verifications.start(),
});
