import type { Verification } from "@akidb/base";
import { theServer } from "../access/resources.ts";
import { defineOperation } from "../operation.ts";

export interface VerificationReference {
  readonly verification: string;
}

export const getVerification = defineOperation<VerificationReference, Verification>({
  name: "getVerification",
  permission: "server::admin",
  resource: theServer,
  audited: "as_data",
  run: async ({ verifications }, { verification }) => verifications.get(verification),
});
