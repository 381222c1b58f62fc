import { checkpointDamage } from "../checkpoint/checkpointDamage.ts";
import type { StoredCheckpoint } from "../checkpoint/checkpoints.ts";
import type { DamagedFileError } from "../damagedFileError.ts";
import type { PayloadIndex, PayloadIndexOptions } from "../payload/payloadIndex.ts";
import { payloadFileName, readPayloadFile } from "../payload/stored/payloadFile.ts";

export interface LoadedPayload {
  /** Undefined where it is to be made of the documents. */
  readonly payloadIndex: PayloadIndex | undefined;
  readonly damage: DamagedFileError | undefined;
}

/** The documents hold all that the payload index does: without it, a checkpoint is as good, and filters wait a while. */
export async function loadPayload(
  stored: StoredCheckpoint,
  options: PayloadIndexOptions,
): Promise<LoadedPayload> {
  if (!stored.files.has(payloadFileName)) return { payloadIndex: undefined, damage: undefined };
  try {
    const payloadIndex = await readPayloadFile(stored, stored.manifest.rowCount, options);
    return { payloadIndex, damage: undefined };
  } catch (error) {
    const damage = checkpointDamage(error, stored.name);
    if (damage === undefined) throw error;
    stored.spare(payloadFileName);
    return { payloadIndex: undefined, damage };
  }
}
