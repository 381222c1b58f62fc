import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** Whole or not at all, also when the power fails. */
export function writeDurably(path: string, content: string | Uint8Array): void {
  const draftPath = `${path}.tmp`;
  writeFileSync(draftPath, content, { flush: true });
  renameSync(draftPath, path);
  const directoryHandle = openSync(dirname(path), "r");
  try {
    fsyncSync(directoryHandle);
  } finally {
    closeSync(directoryHandle);
  }
}
