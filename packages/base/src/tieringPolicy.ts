export const tieringPolicies = ["memory", "memory_s3", "s3_only"] as const;

/**
 * Where a collection may live. `memory`: on this machine alone. `memory_s3`: its log and snapshots are kept in the
 * object store, too, as its sync policy says. `s3_only`: in the object store, and loaded when it is asked for.
 */
export type TieringPolicy = (typeof tieringPolicies)[number];
