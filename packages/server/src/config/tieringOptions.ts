import type { OptionSpec } from "./optionSpec.ts";

const KiB = 1024;
const MiB = 1024 * KiB;

/** When collections are moved between memory, disk and the object store. */
export const tieringOptions = {
  enabled: {
    type: "boolean",
    default: true,
    help: "Whether collections change their tiers by the rules below; who asks for it moves them in any case",
  },
  hot_to_warm_after_seconds: {
    type: "integer",
    default: 604_800,
    min: 1,
    max: 3_153_600_000,
    unit: "seconds",
    help: "A collection that nobody has used for so long leaves memory",
  },
  warm_to_cold_after_seconds: {
    type: "integer",
    default: 2_592_000,
    min: 1,
    max: 3_153_600_000,
    unit: "seconds",
    help: "A collection that nobody has used for so long leaves the disk, if its tiering policy lets it go to the object store",
  },
  cold_promotion_accesses: {
    type: "integer",
    default: 3,
    min: 1,
    max: 1_000_000,
    help: "A cold collection comes back with the first request, and goes again where fewer came within an hour and nothing was written",
  },
  max_hot_memory_bytes: {
    type: "integer",
    default: 0,
    min: 0,
    max: 1024 * 1024 * MiB,
    unit: "bytes",
    help: "Memory of all hot collections together, beyond which those used least recently get warm; 0 for what suits the machine",
  },
  max_warm_disk_bytes: {
    type: "integer",
    default: 0,
    min: 0,
    max: 1024 * 1024 * 1024 * MiB,
    unit: "bytes",
    help: "Disk of all warm collections together, beyond which those used least recently get cold; 0 for no limit",
  },
  search: {
    type: "enum",
    values: ["in_memory", "in_place"],
    default: "in_memory",
    help: "How a collection that is not hot is searched: in_memory brings it there; in_place leaves its vectors in their files until something is written, for the same answers in less memory",
  },
  interval_seconds: {
    type: "integer",
    default: 60,
    min: 1,
    max: 86_400,
    unit: "seconds",
    help: "Time from one look at all collections to the next; as often it is written down how they were used",
  },
} as const satisfies { readonly [key: string]: OptionSpec };
