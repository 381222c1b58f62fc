import type { Readiness } from "@akidb/database";
import type { ReadinessResponse } from "@akidb/protocol";

/** Metadata and embedding are ready before the server listens; collections load while it does. */
export const readinessToWire = ({
  status,
  openCollections,
  damagedCollections,
}: Readiness): ReadinessResponse => ({
  status,
  parts: {
    metadata: { status: "ready" },
    collections: { status, open: openCollections, damaged: [...damagedCollections] },
    embedding: { status: "ready" },
  },
});
