import type { CircuitState } from "@akidb/base";
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

/** Of every circuit breaker, wherever it is reported. */
export const CircuitStateSchema = stringEnum<CircuitState>(["closed", "open", "half_open"], {
  description: "`open`: what it stands before is left alone. `half_open`: one call tries whether it is back.",
});

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
      object_store: Type.Object({
        status: Status,
        circuit_breaker: CircuitStateSchema,
        reason: Type.Optional(
          Type.String({
            description:
              "Why the object store is left alone; what goes there waits on the server, and all that is on the server is read and written as ever.",
          }),
        ),
      }),
    }),
  },
  {
    $id: "Readiness",
    description:
      "`degraded`: a file was found damaged, and everything that is whole is served; `damages` names the file. Or memory is full, texts cannot be embedded, or the object store is away: `parts.memory`, `parts.embedding` and `parts.object_store` have the reason.",
  },
);
export type ReadinessResponse = Static<typeof ReadinessResponse>;
