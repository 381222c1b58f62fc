import type { Verification } from "@akidb/base";
import { defineOperation } from "../operation.ts";

export const startVerification = defineOperation<Record<never, never>, Verification>({
  name: "startVerification",
  permission: "data::verify",
  run: async ({ verifications }) => verifications.start(),
});
