import Type, { type Static } from "typebox";
import { stringEnum } from "./stringEnum.ts";
import { FoundDamageResource } from "./verification.ts";

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
    damages: Type.Array(FoundDamageResource, {
      description:
        "Files that were found damaged since they were opened, or by the latest verification; a restart or a repair begins anew.",
    }),
    parts: Type.Object({
      metadata: Type.Object({ status: Status }),
      collections: Type.Object({
        status: Status,
        open: Type.Integer({ examples: [3] }),
        damaged: Type.Array(
          Type.Object({ id: Type.String({ format: "uuid" }), name: Type.String(), reason: Type.String() }),
        ),
      }),
      memory: Type.Object({
        status: Status,
        reason: Type.Optional(
          Type.String({
            description: "Why writes are refused for want of memory; reads and deletions go on.",
          }),
        ),
      }),
      embedding: Type.Object({
        status: Status,
        reason: Type.Optional(
          Type.String({
            description: "Why texts cannot be embedded; what brings vectors is written and searched as ever.",
          }),
        ),
        models: Type.Optional(
          Type.Array(
            Type.Object({
              model: Type.String({ examples: ["hashing"] }),
              is_default: Type.Boolean(),
              status: stringEnum<ReadinessStatus | "unloaded">(["ready", "loading", "degraded", "unloaded"], {
                description: "`unloaded`: no collection needs it, and its next text loads it.",
              }),
              reason: Type.Optional(Type.String()),
            }),
            {
              description:
                "For administrators, each model of the configuration. One that neither is the default nor has collections is no part " +
                "of the status.",
            },
          ),
        ),
      }),
    }),
  },
  {
    $id: "Readiness",
    description:
      "`degraded`: a file was found damaged, and everything that is whole is served; `damages` names the file. Or memory is full, or texts cannot be embedded: `parts.memory` and `parts.embedding` have the reason.",
  },
);
export type ReadinessResponse = Static<typeof ReadinessResponse>;
