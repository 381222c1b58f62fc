import Type, { type Static } from "typebox";
import { stringEnum } from "./stringEnum.ts";

export const HealthResponse = Type.Object(
  { status: stringEnum(["ok"]), version: Type.String({ examples: ["2.0.0"] }) },
  { $id: "Health" },
);
export type HealthResponse = Static<typeof HealthResponse>;

export type ReadinessStatus = "ready" | "loading" | "degraded";

const Status = stringEnum<ReadinessStatus>(["ready", "loading", "degraded"]);

export const ReadinessResponse = Type.Object(
  {
    status: Status,
    parts: Type.Object({
      metadata: Type.Object({ status: Status }),
      collections: Type.Object({
        status: Status,
        open: Type.Integer({ examples: [3] }),
        damaged: Type.Array(
          Type.Object({ id: Type.String({ format: "uuid" }), name: Type.String(), reason: Type.String() }),
        ),
      }),
      embedding: Type.Object({ status: Status }),
    }),
  },
  {
    $id: "Readiness",
    description: "`degraded`: a collection is damaged, and everything else is served.",
  },
);
export type ReadinessResponse = Static<typeof ReadinessResponse>;
