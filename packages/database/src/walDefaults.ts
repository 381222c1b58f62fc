import type { WalOptions } from "@akidb/engine";

export const defaultWal: Required<WalOptions> = {
  sync: "always",
  syncIntervalMs: 100,
  segmentBytesMax: 64 * 1024 * 1024,
  retentionMs: 604_800_000,
};
