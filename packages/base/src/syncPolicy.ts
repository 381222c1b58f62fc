export const syncPolicies = ["continuous", "scheduled", "manual"] as const;

/**
 * What goes to the object store, and when. `continuous`: each file of the log as soon as it is closed, and every
 * snapshot. `scheduled`: the snapshots of the schedule. `manual`: what is asked for.
 */
export type SyncPolicy = (typeof syncPolicies)[number];
