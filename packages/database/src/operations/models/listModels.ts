import type { ModelInfo } from "@akidb/base";
import { ownTenant } from "../../access/resources.ts";
import { visibleModels } from "../../models/visibleModels.ts";
import { defineOperation } from "../../operation.ts";

export const listModels = defineOperation<Record<never, never>, readonly ModelInfo[]>({
  name: "listModels",
  permission: "embedding::create",
  resource: ownTenant,
  underFilter: "unaffected",
  run: visibleModels,
});
