import { failedPrecondition, type SnapshotId } from "@akidb/base";
import { DamagedFileError } from "@akidb/engine";
import { DamagedObjectError } from "@akidb/objects";

/** What a caller is told of a copy in the object store that is not what was stored; another error is itself. */
export const copyRefusal = (id: SnapshotId, error: unknown): unknown =>
  error instanceof DamagedFileError || error instanceof DamagedObjectError
    ? failedPrecondition(`snapshot ${id} is damaged in the object store: ${error.message}`)
    : error;
