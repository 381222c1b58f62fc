export const snapshotOrigins = ["manual", "scheduled"] as const;

/** How a snapshot came about: because somebody asked for it, or by the configured schedule. */
export type SnapshotOrigin = (typeof snapshotOrigins)[number];
