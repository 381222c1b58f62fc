import { AkiDbError } from "@akidb/base";

/** An object whose bytes are not those that were stored. Nothing of it may be used; another copy may be whole. */
export class DamagedObjectError extends AkiDbError {
  readonly key: string;

  constructor(key: string, reason: string, options: { readonly cause?: unknown } = {}) {
    super("internal", `the object ${JSON.stringify(key)} is damaged: ${reason}`, options);
    this.name = "DamagedObjectError";
    this.key = key;
  }
}
