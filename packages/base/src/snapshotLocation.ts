export const snapshotLocations = ["local", "object_store", "both"] as const;

/** Where a snapshot is: on the machine, in the object store, or both. */
export type SnapshotLocation = (typeof snapshotLocations)[number];
