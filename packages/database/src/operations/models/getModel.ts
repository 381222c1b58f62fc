import type { ModelInfo } from "@akidb/base";
import { ownTenant } from "../../access/resources.ts";
import { modelInfoOf } from "../../models/modelByReference.ts";
import { defineOperation } from "../../operation.ts";

export interface ModelReference {
  /** Its name or id. */
  readonly model: string;
}

export const getModel = defineOperation<ModelReference, ModelInfo>({
  name: "getModel",
  permission: "embedding::create",
  resource: ownTenant,
  underFilter: "unaffected",
  run: (context, { model }) => modelInfoOf(context, model),
});
