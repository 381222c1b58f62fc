import type { PackEntry } from "./packFormat.ts";

/** Where a small object lies: enough to read it back with one request. Plain data, to be kept as JSON. */
export interface PackedObject extends PackEntry {
  readonly packKey: string;
}
