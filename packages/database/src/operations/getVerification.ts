import type { Verification } from "@akidb/base";
import { defineOperation } from "../operation.ts";

export interface VerificationReference {
  readonly verification: string;
}

export const getVerification = defineOperation<VerificationReference, Verification>({
  name: "getVerification",
  permission: "data::verify",
  run: async ({ verifications }, { verification }) => verifications.get(verification),
});
