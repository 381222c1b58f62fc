import type { ObjectStoreState, Readiness } from "@akidb/database";
import { foundDamageToWire, type ReadinessResponse } from "@akidb/protocol";

/** Metadata is ready before the server listens; collections load, and an embedding server is asked, while it does. */
export function readinessToWire(readiness: Readiness): ReadinessResponse {
  const { status, openCollections, damagedCollections, damages, memoryRefusal, embedding, objectStore } =
    readiness;
  const isMetadataDamaged = damages.some(({ collectionId }) => collectionId === null);
  return {
    status,
    damages: damages.map(foundDamageToWire),
    parts: {
      metadata: { status: isMetadataDamaged ? "degraded" : "ready" },
      collections: {
        status: status === "loading" ? status : damages.length > 0 ? "degraded" : "ready",
        open: openCollections,
        damaged: damagedCollections.map(({ id, name, reason }) => ({ id, name, reason })),
      },
      memory:
        memoryRefusal === undefined ? { status: "ready" } : { status: "degraded", reason: memoryRefusal },
      embedding: {
        ...embedding,
        models: embedding.models.map(({ isDefault, ...model }) => ({ ...model, is_default: isDefault })),
      },
      object_store: objectStoreToWire(objectStore),
    },
  };
}

const objectStoreToWire = ({
  circuit,
  reason,
}: ObjectStoreState): ReadinessResponse["parts"]["object_store"] => ({
  status: circuit === "closed" ? "ready" : "degraded",
  circuit_breaker: circuit,
  ...(reason !== undefined && { reason }),
});

/** What anybody may know: nothing that has a name. */
export function withoutNames(readiness: ReadinessResponse): ReadinessResponse {
  const { parts } = readiness;
  return {
    ...readiness,
    damages: [],
    parts: {
      ...parts,
      collections: { ...parts.collections, damaged: [] },
      embedding: { status: parts.embedding.status },
      object_store: {
        status: parts.object_store.status,
        circuit_breaker: parts.object_store.circuit_breaker,
      },
    },
  };
}
