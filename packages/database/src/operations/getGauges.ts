import { theServer } from "../access/resources.ts";
import { defineOperation } from "../operation.ts";
import type { Gauges } from "../telemetry/gauges.ts";

export const getGauges = defineOperation<object, Gauges>({
  name: "getGauges",
  permission: "server::admin",
  resource: theServer,
  audited: "as_data",
  run: ({ gauges }) => gauges(),
});
